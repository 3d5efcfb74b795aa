import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { isGitmidxError } from "../../src/core/errors.js";
import { type ConfigEntry, GitConfig } from "../../src/store/config/git-config.js";
import { type Durability, durabilityOf } from "../../src/store/durability.js";
import { forEachGit, type GitBinary, gits, runGit } from "../support/gits.js";
import { makeRepository } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

type Setting = readonly [key: string, value: string | undefined];

function configOf(settings: readonly Setting[]): GitConfig {
  const origin = { scope: "command", file: undefined, line: undefined } as const;
  return new GitConfig(settings.map(([key, value]): ConfigEntry => ({ key: key.toLowerCase(), value, origin })));
}

function durability(settings: readonly Setting[], test?: string): Durability {
  return durabilityOf(configOf(settings), { env: { GIT_TEST_FSYNC: test } });
}

const argsOf = (settings: readonly Setting[]) =>
  settings.flatMap(([key, value]) => ["-c", value === undefined ? key : `${key}=${value}`]);

/** Warnings in the order of their first appearance: git reads its configuration more than once, and warns each time. */
const distinct = (warnings: readonly string[]) => [...new Set(warnings)];

const warningsIn = (stderr: string) =>
  distinct(
    stderr
      .split("\n")
      .filter((line) => line.startsWith("warning: "))
      .map((line) => line.slice("warning: ".length)),
  );

/** Values of core.fsync, usual and strange. */
const componentValues = [
  [
    "pack-metadata",
    "-pack-metadata",
    "pack,-pack-metadata",
    "none",
    "all",
    "none,all",
    "all,none",
    "-pack",
    "",
    "-",
    "-,pack",
  ],
  [
    "none,pack",
    "pack,none",
    "p",
    "-p",
    "c",
    "foo,-bar",
    "a,-all",
    "none ",
    " none",
    "-none",
    "--pack",
    ",,none,,",
    ", \tnone",
  ],
  [
    "committed,-loose-object",
    "derived-metadata",
    "-derived",
    "objects",
    "-objects",
    "-o,pack-m",
    "added,-index",
    "reference",
  ],
  [
    "loose-object,-committed",
    "-all",
    "-all,loose",
    "pack,\n-commit-graph",
    "pack-metadata,-pack-metadata",
    "Pack",
    "-a,-,none",
  ],
].flat();

/** What a git wrote with fsync, and what it complained of. */
interface Observed {
  readonly synced: boolean;
  readonly warnings: readonly string[];
}

/** Whether `command` of that git made an fsync, as its own trace counts them. */
function observe(git: GitBinary, settings: readonly Setting[], command: readonly string[], input = ""): Observed {
  const trace = join(makeTempFolder("trace"), "events");
  const env = { GIT_TEST_FSYNC: "1", GIT_TRACE2_EVENT: trace };
  const { stderr } = runGit(git, [...argsOf(settings), ...command], { env, input });
  const synced = /"category":"fsync","name":"hardware-flush","count":[1-9]/.test(readFileSync(trace, "utf8"));
  return { synced, warnings: warningsIn(stderr) };
}

forEachGit(2, 40, "which core.fsync settings make git sync: git counts its syncs since 2.40", (git) => {
  test(`core.fsync means to us what it means to ${git.label}, warnings included`, () => {
    const repository = makeRepository({ packs: 1, objects: 3 });
    const midx = join(repository.packDir, "multi-pack-index");
    for (const [i, value] of componentValues.entries()) {
      const settings: Setting[] = [["core.fsync", value]];
      const ours = durability(settings);
      rmSync(midx, { force: true });
      const written = observe(git, settings, ["-C", repository.path, "multi-pack-index", "write"]);
      assert.equal(ours.packMetadata, written.synced, `pack-metadata with '${value}'`);
      assert.deepEqual(distinct(ours.warnings), written.warnings, `'${value}'`);
      const hashed = observe(git, settings, ["-C", repository.path, "hash-object", "-w", "--stdin"], `object ${i}`);
      assert.equal(ours.looseObject, hashed.synced, `loose-object with '${value}'`);
      const updated = observe(git, settings, ["-C", repository.path, "update-ref", `refs/heads/b${i}`, "HEAD"]);
      assert.equal(ours.reference, updated.synced, `reference with '${value}'`);
      const read = observe(git, settings, ["-C", repository.path, "read-tree", i % 2 ? "HEAD" : "--empty"]);
      assert.equal(ours.index, read.synced, `index with '${value}'`);
    }
  });

  test(`loose objects are synced with core.fsyncObjectFiles as ${git.label} does`, () => {
    const repository = makeRepository({ packs: 1, objects: 3 });
    const lists: Setting[][] = [
      [["core.fsyncObjectFiles", "true"]],
      [["core.fsyncObjectFiles", undefined]],
      [["core.fsyncObjectFiles", "false"]],
      [
        ["core.fsyncObjectFiles", "true"],
        ["core.fsyncObjectFiles", "0"],
      ],
      [
        ["core.fsyncObjectFiles", "on"],
        ["core.fsync", "none"],
      ],
    ];
    for (const [i, settings] of lists.entries()) {
      const ours = durability(settings);
      const hashed = observe(git, settings, ["-C", repository.path, "hash-object", "-w", "--stdin"], `object ${i}`);
      assert.equal(ours.looseObject, hashed.synced, JSON.stringify(settings));
      assert.deepEqual(distinct(ours.warnings), hashed.warnings);
    }
  });
});

for (const git of gits()) {
  test(`a setting that ${git.label} refuses is refused, and one it ignores is ignored with the same warning`, () => {
    const repository = makeRepository({ packs: 1, objects: 3 });
    const lists: Setting[][] = [
      [["core.fsync", undefined]],
      [["core.fsyncMethod", undefined]],
      [["core.fsyncObjectFiles", "maybe"]],
      [["core.fsyncMethod", "xx"]],
      [["core.fsyncMethod", "FSYNC"]],
      [["core.fsyncMethod", "batch"]],
      [["core.fsyncMethod", "writeout-only"]],
      [
        ["core.fsync", "foo"],
        ["core.fsync", "bar"],
      ],
      [
        ["core.fsyncObjectFiles", "true"],
        ["core.fsyncObjectFiles", "false"],
      ],
    ];
    for (const settings of lists) {
      const args = [...argsOf(settings), "-C", repository.path, "multi-pack-index", "write"];
      const { status, stderr } = runGit(git, args, { status: "any" });
      const what = JSON.stringify(settings);
      let ours: Durability | string;
      try {
        ours = durability(settings);
      } catch (error) {
        assert.ok(isGitmidxError(error, "bad-config"), String(error));
        ours = error.message;
      }
      assert.equal(typeof ours === "string", status === 128, what);
      // Of what git says in several lines, each line is in our message, in whatever order.
      if (typeof ours === "string") {
        const words = ours;
        const lines = stderr
          .trim()
          .split("\n")
          .filter((line) => /^(fatal|error): /.test(line));
        for (const line of lines) assert.ok(words.includes(line.replace(/^\w+: /, "")), `${what}: ${line} in ${words}`);
      } else assert.deepEqual(distinct(ours.warnings), warningsIn(stderr), what);
    }
  });
}

test("without any setting packs and what belongs to them are synced, with fsync", () => {
  assert.deepEqual(durability([]), {
    looseObject: false,
    pack: true,
    packMetadata: true,
    commitGraph: true,
    index: false,
    reference: false,
    method: "fsync",
    warnings: [],
  });
});

test("GIT_TEST_FSYNC=0 turns every sync off, and a value that is no boolean is refused as git does", () => {
  const { warnings, method, ...components } = durability([["core.fsync", "all"]], "0");
  assert.deepEqual([warnings, method], [[], "fsync"]);
  assert.deepEqual(new Set(Object.values(components)), new Set([false]));
  assert.equal(durability([], "yes").packMetadata, true);
  assert.throws(() => durability([], "perhaps"), {
    code: "bad-config",
    message: "bad boolean environment value 'perhaps' for 'GIT_TEST_FSYNC'",
  });
});

test("the last valid core.fsyncMethod counts, and each core.fsync stands for itself", () => {
  const settings: Setting[] = [
    ["core.fsyncMethod", "batch"],
    ["core.fsyncMethod", "quickly"],
    ["core.fsync", "none"],
    ["core.fsync", "reference"],
  ];
  const { method, packMetadata, reference, warnings } = durability(settings);
  assert.deepEqual([method, packMetadata, reference], ["batch", true, true]);
  assert.deepEqual(warnings, ["ignoring unknown core.fsyncMethod value 'quickly'"]);
});

test("any text is a value of core.fsync, and naming a component twice over cannot take it away", () => {
  const word = fc.constantFrom(
    "pack",
    "pack-metadata",
    "all",
    "-all",
    "none",
    "-pack",
    "",
    " ",
    "-",
    "x",
    "added",
    "-c",
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const { packMetadata } = durability([["core.fsync", words.join(",")]]);
      // What stands behind an empty word after a minus is not read, so the word goes first.
      const { packMetadata: named } = durability([["core.fsync", ["pack-metadata", ...words].join(",")]]);
      assert.equal(named, true);
      if (words.every((text) => !text.startsWith("-") && text !== "none")) assert.equal(packMetadata, true);
    }),
  );
});
