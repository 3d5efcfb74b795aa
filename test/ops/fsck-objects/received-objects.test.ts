/** What the checks of received objects say, compared with `git index-pack --strict` and `--fsck-objects`. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { GitmidxError } from "../../../src/core/errors.js";
import { sha1 } from "../../../src/core/oid.js";
import { ObjectChecker } from "../../../src/ops/fsck-objects/object-checker.js";
import { ReceivedObjects } from "../../../src/ops/fsck-objects/received-objects.js";
import { type FsckSettings, parseFsckSettings } from "../../../src/ops/fsck-objects/settings.js";
import { MemoryFs } from "../../../src/store/memory-fs.js";
import { type GitBinary, gitAtLeast, runGit } from "../../support/gits.js";
import { contentBytes, objectId, RawPack } from "../../support/raw-pack.js";
import { makeTempFolder } from "../../support/temp.js";
import { couldNotTest } from "../../support/untested.js";
import { gitmodulesTree } from "./odd-blobs.js";
import { linkCases, oddCases } from "./odd-objects.js";
import type { OddCase } from "./odd-parts.js";

/** What a check prints on standard error and standard output. */
interface Saying {
  readonly lines: readonly string[];
  readonly listed: readonly string[];
}

function packOf({ objects }: OddCase): Buffer {
  const pack = new RawPack();
  for (const [type, content] of objects) pack.add(type, content);
  return pack.finish();
}

/** What git says; with a pack.threads of one, in the order of the pack. */
function gitSays(git: GitBinary, repository: string, odd: OddCase, option: string): Saying {
  const argument = odd.settings === undefined ? option : `${option}=${odd.settings}`;
  const args = ["-c", "pack.threads=1", "index-pack", argument, "--stdin"];
  const { stdout, stderr } = runGit(git, args, { cwd: repository, input: packOf(odd), status: "any" });
  rmSync(join(repository, "objects/pack"), { recursive: true, force: true });
  const listed = stdout.split("\n").filter((line) => /^[0-9a-f]{40}$/.test(line));
  return { lines: stderr.split("\n").filter((line) => line !== ""), listed };
}

async function settingsOf({ settings }: OddCase): Promise<FsckSettings> {
  const reading = { fs: new MemoryFs(), format: sha1, resolve: (path: string) => path };
  return { ...(await parseFsckSettings(settings ?? "", reading)), listMissingGitmodules: true };
}

async function weSay(odd: OddCase, links: boolean): Promise<Saying> {
  const lines: string[] = [];
  let listed: readonly string[] = [];
  const checks = new ReceivedObjects(sha1, { fsck: await settingsOf(odd), links }, (line) => lines.push(line));
  const find = (oid: Uint8Array) => odd.objects.find(([type, content]) => objectId(type, content).equals(oid));
  try {
    for (const [type, content] of odd.objects) checks.check(type, objectId(type, content), contentBytes(content));
    if (links) await checks.checkLinks(async (oid) => find(oid)?.[0]);
    listed = await checks.finishFsck(async (oid) => {
      const found = find(oid);
      return found === undefined ? undefined : { type: found[0], bytes: contentBytes(found[1]) };
    });
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    lines.push(`fatal: ${error.message}`);
  }
  // Git replaces control characters in what it prints, and a name may hold line ends.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  const printed = lines.join("\n").replace(/[\0-\x08\x0b-\x1f\x7f]/g, "?");
  return { lines: printed.split("\n").filter((line) => line !== ""), listed };
}

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("what git's fsck says of received objects: needs git 2.55 or newer");
else describe("checks of received objects", () => compareWith(git));

function compareWith(git: GitBinary): void {
  let repository: string;
  before(() => {
    repository = join(makeTempFolder("fsck"), "r.git");
    runGit(git, ["init", "-q", "--bare", repository]);
  });

  test("fsck says what git index-pack --fsck-objects says", async () => {
    const differing: unknown[] = [];
    for (const odd of oddCases) {
      const [ours, theirs] = [await weSay(odd, false), gitSays(git, repository, odd, "--fsck-objects")];
      try {
        assert.deepEqual(ours, theirs);
      } catch {
        differing.push({ name: odd.name, ours, theirs });
      }
    }
    assert.deepEqual(differing, []);
  });

  test("links are followed as git index-pack --strict does", async () => {
    for (const odd of linkCases) {
      assert.deepEqual(await weSay(odd, true), gitSays(git, repository, odd, "--strict"), odd.name);
    }
  });

  test("a byte of 255 does not end what is read of a .gitmodules, as it does in git", async () => {
    const text = '# \u00ff\n[submodule "x"]\n\turl = -x\n';
    const odd: OddCase = { name: "byte 255", objects: [gitmodulesTree(text), ["blob", text]] };
    assert.deepEqual(gitSays(git, repository, odd, "--fsck-objects").lines, []);
    assert.match((await weSay(odd, false)).lines[0]!, /gitmodulesUrl: disallowed submodule url: -x/);
  });

  test("a parent that is no id does not end the check where it is only warned of", async () => {
    const text = `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent x\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n`;
    const checker = new ObjectChecker(sha1, { severities: { badParentSha1: "warn" } });
    const findings = checker.check("commit", objectId("commit", text), contentBytes(text));
    assert.deepEqual(
      findings.map(({ id, severity }) => [id, severity]),
      [["badParentSha1", "warning"]],
    );
  });
}
