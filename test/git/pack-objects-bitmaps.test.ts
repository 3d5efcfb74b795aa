/** `pack-objects` with bitmaps: git's bytes where git takes over what it can, the same objects as a walk everywhere. */

import assert from "node:assert/strict";
import { cpSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitAtLeast, runGit } from "../support/gits.js";
import { appendDelta, contentBytes, objectId, RawPack, treeEntry } from "../support/raw-pack.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import {
  type BitmappedPlan,
  idsIn,
  makeBitmapped,
  type StreamRun,
  streamedByGit,
  streamedByUs,
} from "./bitmap-packs.js";

/** What is asked for, without the repository. */
type Question = Omit<StreamRun, "cwd">;

const questions: Readonly<Record<string, Question>> = {
  everything: { args: ["--all", "--delta-base-offset"], options: { deltaBaseOffset: true }, select: { all: true } },
  "everything, bases named by ids": { args: ["--all"], options: {}, select: { all: true } },
  "everything, no deltas used again": {
    args: ["--all", "--no-reuse-delta", "--delta-base-offset"],
    options: { reuseDelta: false, deltaBaseOffset: true },
    select: { all: true },
  },
  "a branch": { lines: ["main"], args: ["--delta-base-offset"], options: { deltaBaseOffset: true } },
  "an older commit, with tags": {
    lines: ["main~9"],
    args: ["--delta-base-offset", "--include-tag"],
    options: { deltaBaseOffset: true, includeTag: true },
  },
  "a fetch": {
    lines: ["main", "^main~12"],
    args: ["--delta-base-offset", "--thin"],
    options: { deltaBaseOffset: true },
    select: { thin: true },
  },
  "a fetch by one who has much, with tags": {
    lines: ["main~3", "^main~33", "^v15"],
    args: ["--thin", "--include-tag"],
    options: { includeTag: true },
    select: { thin: true },
  },
  "no blobs": {
    lines: ["main"],
    args: ["--filter=blob:none", "--delta-base-offset"],
    options: { deltaBaseOffset: true },
    select: { filter: { kind: "blob:none" } },
  },
  "what is not packed": { args: ["--all", "--unpacked"], options: {}, select: { all: true, unpacked: true } },
};

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("packs from bitmaps: needs git 2.55 or newer");
else {
  const plans: readonly Omit<BitmappedPlan, "git">[] = [
    { kind: "pack" },
    { kind: "midx", duplicates: true, outside: "pack" },
    ...scale<Omit<BitmappedPlan, "git">[]>(
      [{ kind: "midx", format: "sha256", outside: "nothing" }],
      [
        { kind: "midx", format: "sha256", outside: "nothing" },
        { kind: "pack", format: "sha256", outside: "pack", seed: 2 },
        { kind: "midx", seed: 3 },
        { kind: "midx", duplicates: true, seed: 4, commits: 150 },
        { kind: "pack", seed: 5, commits: 250, config: { "pack.writeBitmapLookupTable": "true" } },
      ],
    ),
  ];
  const identical = async (cwd: string, question: Question, name: string) => {
    const reuses =
      question === questions.everything ? ["single", "multi", "false"] : scale(["multi"], ["single", "multi"]);
    for (const reuse of reuses) {
      const run = { ...question, cwd, config: { "pack.allowPackReuse": reuse, ...question.config } };
      const theirs = streamedByGit(git, run);
      const ours = await streamedByUs(run);
      assert.equal(ours.totals, theirs.totals, `${name}, ${reuse}`);
      assert.ok(Buffer.compare(ours.bytes, theirs.bytes) === 0, `${name}, ${reuse}: the packs differ`);
    }
  };
  for (const plan of plans) {
    test(`git's bytes and counts: ${JSON.stringify(plan)}`, async () => {
      const cwd = makeBitmapped({ git, ...plan });
      for (const [name, question] of Object.entries(questions)) await identical(cwd, question, name);
    });
  }

  /** Fails unless a pack made with bitmaps has the objects of one made without, and is sound. @returns the counts */
  const assertSameObjects = async (run: StreamRun, what: string): Promise<string> => {
    const thin = run.select?.thin === true;
    const ours = await streamedByUs(run);
    const walked = streamedByGit(git, { ...run, args: [...run.args, "--no-use-bitmap-index"] });
    assert.deepEqual(idsIn(git, run, ours.bytes), idsIn(git, run, walked.bytes), what);
    assert.equal(Buffer.from(ours.bytes).readUInt32BE(8), Buffer.from(walked.bytes).readUInt32BE(8), `${what} ${thin}`);
    return ours.totals;
  };

  test("layers below the tip are taken over too, and the objects are those of a walk", async () => {
    const cwd = makeBitmapped({ git, kind: "chain" });
    for (const [name, question] of Object.entries(questions)) {
      for (const reuse of scale(["multi"], ["single", "multi"])) {
        await assertSameObjects({ ...question, cwd, config: { "pack.allowPackReuse": reuse } }, `${name}, ${reuse}`);
      }
    }
    const all: StreamRun = { ...questions.everything!, cwd, config: { "pack.allowPackReuse": "multi" } };
    assert.match((await streamedByUs(all)).totals, /^Total 393 .*pack-reused 372 \(from 3\)$/);
  });

  test("objects that are borrowed are answered from the bitmap of the one who lends them", async () => {
    const lender = makeBitmapped({ git, kind: "midx", outside: "nothing" });
    const cwd = join(makeTempFolder("borrower"), "r");
    runGit(git, ["clone", "-q", "--bare", "--shared", lender, cwd]);
    const all = questions.everything!;
    await identical(cwd, all, "everything");
    await identical(
      cwd,
      { ...all, args: [...all.args, "--local"], options: { ...all.options, local: true } },
      "--local",
    );
  });

  test("packs that are kept and objects that are packed are left out one by one", async () => {
    const cwd = makeBitmapped({ git, kind: "midx", duplicates: true });
    const [kept] = readdirSync(join(cwd, "objects/pack")).filter((name) => name.endsWith(".pack"));
    const all = questions.everything!;
    const given = (arg: string, options: StreamRun["options"]): Question => ({
      ...all,
      args: [...all.args, arg],
      options: { ...all.options, ...options },
    });
    await identical(cwd, given(`--keep-pack=${kept}`, { keepPacks: [kept!] }), "--keep-pack");
    await identical(cwd, given("--incremental", { incremental: true }), "--incremental");
    await identical(cwd, given("--honor-pack-keep", { honorPackKeep: true }), "--honor-pack-keep without any");
    writeFileSync(join(cwd, "objects/pack", kept!.replace(/pack$/, "keep")), "");
    await identical(cwd, given("--honor-pack-keep", { honorPackKeep: true }), "--honor-pack-keep");
  });

  test("a history that ends early is walked", async () => {
    const cwd = makeBitmapped({ git, kind: "pack", outside: "nothing" });
    const cut = runGit(git, ["rev-parse", "main~5"], { cwd }).stdout.trim();
    const lines = [`--shallow ${cut}`, "main"];
    await identical(cwd, { lines, args: ["--shallow"], options: {}, select: { shallow: true } }, "--shallow");
    writeFileSync(join(cwd, "shallow"), `${cut}\n`);
    await identical(cwd, { lines: ["main"], args: [], options: {} }, "a shallow repository");
  });

  test("a bitmap that is cut off is told of and passed over", async () => {
    const whole = makeBitmapped({ git, kind: "pack", outside: "nothing" });
    const cwd = join(makeTempFolder("cut"), "r");
    cpSync(whole, cwd, { recursive: true });
    const bitmap = readdirSync(join(cwd, "objects/pack")).find((name) => name.endsWith(".bitmap"))!;
    for (const size of [10, 60, 500]) {
      cpSync(join(whole, "objects/pack", bitmap), join(cwd, "objects/pack", bitmap), { force: true });
      truncateSync(join(cwd, "objects/pack", bitmap), size);
      const said: string[] = [];
      const options = { say: (_: unknown, text: string) => void said.push(text) };
      const run: StreamRun = { cwd, args: ["--all"], options, select: { all: true } };
      assert.match(await assertSameObjects(run, `${size} bytes`), /pack-reused 0 /);
      assert.ok(said.length > 0);
    }
  });

  test("a delta whose base comes later in its pack, and is not wanted, is written as a whole object", async () => {
    const cwd = join(makeTempFolder("later"), "r");
    runGit(git, ["init", "-q", "--bare", cwd]);
    const { pack, wanted, tip } = packWithLaterBase();
    runGit(git, ["index-pack", "--stdin", "--strict"], { cwd, input: pack });
    runGit(git, ["update-ref", "refs/heads/main", tip], { cwd });
    runGit(git, ["multi-pack-index", "write", "--bitmap"], { cwd });
    for (const deltaBaseOffset of [true, false]) {
      const args = deltaBaseOffset ? ["--delta-base-offset"] : [];
      const run: StreamRun = { cwd, lines: [wanted], args, options: { deltaBaseOffset } };
      assert.match(await assertSameObjects(run, "an older commit"), /pack-reused [1-9]/);
      await assertSameObjects({ ...run, lines: [tip] }, "the tip");
    }
  });
}

/** A pack whose first objects are those of one commit, among them a delta of an object of the next commit. */
function packWithLaterBase(): { readonly pack: Uint8Array; readonly wanted: string; readonly tip: string } {
  const pack = new RawPack();
  const who = "A U Thor <a@example.com> 1700000000 +0000";
  const base = contentBytes("the base\n".repeat(50));
  const baseId = objectId("blob", base);
  const blobs = Array.from({ length: 80 }, (_, i) => contentBytes(`blob ${i}\n`));
  const delta = Buffer.concat([base, contentBytes("and more\n")]);
  const names = (i: number) => `f${String(i).padStart(3, "0")}`;
  const first = Buffer.concat([
    treeEntry("100644", "delta", objectId("blob", delta)),
    ...blobs.map((blob, i) => treeEntry("100644", names(i), objectId("blob", blob))),
  ]);
  const second = treeEntry("100644", "base", baseId);
  const older = `tree ${objectId("tree", first).toString("hex")}\nauthor ${who}\ncommitter ${who}\n\nolder\n`;
  const wanted = objectId("commit", older).toString("hex");
  const younger = `tree ${objectId("tree", second).toString("hex")}\nparent ${wanted}\nauthor ${who}\ncommitter ${who}\n\nyounger\n`;
  pack.add("commit", older);
  pack.add("tree", first);
  pack.addRefDelta(baseId, appendDelta(base.length, "and more\n"));
  for (const blob of blobs) pack.add("blob", blob);
  pack.add("commit", younger);
  pack.add("tree", second);
  pack.add("blob", base);
  return { pack: pack.finish(), wanted, tip: objectId("commit", younger).toString("hex") };
}
