/** Where git refuses a damaged file too, our message begins with git's own words, which scripts and search engines know. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { GitmidxError } from "../../src/core/errors.js";
import { IdxView } from "../../src/formats/idx/view.js";
import { parseChain } from "../../src/formats/midx/chain.js";
import { openMidx } from "../../src/formats/midx/view.js";
import { RevView } from "../../src/formats/rev.js";
import { forEachGit, type GitBinary, runGit } from "../support/gits.js";
import { chainFile, type Fixture, type FixtureName, filesEnding, readFixture } from "../support/midx-fixtures.js";
import { makeTempFolder } from "../support/temp.js";
import { idxDamages, revDamages } from "./idx-rev-damages.js";
import { type Damage, midxDamages } from "./midx-damages.js";

/** A repository around a fixture, in which one file at a time is damaged. */
class DamagedRepository {
  readonly fixture: Fixture;
  readonly #git: GitBinary;
  readonly #path: string;
  readonly #packDir: string;

  constructor(git: GitBinary, name: FixtureName) {
    this.fixture = readFixture(name);
    this.#git = git;
    this.#path = join(makeTempFolder("damaged"), "r");
    runGit(git, ["init", "-q", "--bare", `--object-format=${this.fixture.format.name}`, this.#path]);
    this.#packDir = join(this.#path, "objects", "pack");
    for (const [path, bytes] of this.fixture.files) this.put(path, bytes);
  }

  put(path: string, bytes: Uint8Array): void {
    const target = join(this.#packDir, path);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) chmodSync(target, 0o600);
    writeFileSync(target, bytes);
  }

  remove(path: string): void {
    rmSync(join(this.#packDir, path));
  }

  /** What git says on stderr when it does `args` with `bytes` in place of `path`: its lines without the word before them. */
  says(path: string, bytes: Uint8Array, args: readonly string[], input = ""): string[] {
    this.put(path, bytes);
    const { stderr } = runGit(this.#git, args, { cwd: this.#path, input, status: "any" });
    this.put(path, this.fixture.files.get(path)!);
    return stderr
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => plain(line.replace(/^(error|fatal|warning): /, "")));
  }
}

/** A message without the way to the file. */
function plain(message: string): string {
  return message.replaceAll(/[^ ']*objects\/pack\//g, "");
}

function messageOf(open: () => unknown): string {
  try {
    open();
  } catch (error) {
    if (error instanceof GitmidxError) return plain(error.message);
    throw error;
  }
  return "it opens";
}

/** Checks every damage that git has words for: they must be how our message begins. Returns how many there were. */
function compare(
  repository: DamagedRepository,
  path: string,
  damages: readonly Damage[],
  args: readonly string[],
  open: (source: MemorySource) => unknown,
  input = "",
): number {
  const refused = damages.filter(({ gitRefuses }) => gitRefuses === true);
  for (const { what, bytes } of refused) {
    const [said = "nothing"] = repository.says(path, bytes, args, input);
    const ours = messageOf(() => open(new MemorySource(path, bytes)));
    assert.ok(ours.startsWith(said), `${what} in ${path}\n git: ${said}\nours: ${ours}`);
  }
  return refused.length;
}

forEachGit(2, 55, "the messages about damaged files against git's", (git) => {
  for (const name of ["single-sha1", "single-sha256", "large-sha1"] as const) {
    test(`${git.label} says of a damaged multi-pack-index (${name}) what our message begins with`, () => {
      const repository = new DamagedRepository(git, name);
      const { files, format } = repository.fixture;
      const damages = midxDamages(files.get("multi-pack-index")!, format.byteLength);
      const verify = ["multi-pack-index", "verify"];
      const open = (source: MemorySource) => openMidx(source, format);
      assert.ok(compare(repository, "multi-pack-index", damages, verify, open) > 60);
      for (const length of [0, 1, 11, 12 + format.byteLength - 1]) {
        const bytes = files.get("multi-pack-index")!.slice(0, length);
        const damage = { what: `cut to ${length}`, bytes, gitRefuses: true };
        compare(repository, "multi-pack-index", [damage], verify, open);
      }
    });

    test(`${git.label} says of a damaged index and reverse index (${name}) what our message begins with`, () => {
      const repository = new DamagedRepository(git, name);
      const { fixture } = repository;
      const { format } = fixture;
      repository.remove("multi-pack-index");
      for (const [path, bytes] of filesEnding(fixture, ".idx")) {
        const damages = idxDamages(bytes, format.byteLength);
        const all = ["cat-file", "--batch-check", "--batch-all-objects"];
        assert.ok(compare(repository, path, damages, all, (source) => new IdxView(source, format)) > 10);
      }
      for (const [path, bytes] of filesEnding(fixture, ".rev")) {
        const oids = fixture.objects.filter(({ idx }) => idx === path.replace(".rev", ".idx")).map(({ oid }) => oid);
        const size = ["cat-file", "--batch-check=%(objectsize:disk)"];
        const open = (source: MemorySource) => new RevView(source, format, oids.length);
        assert.ok(compare(repository, path, revDamages(bytes, format.byteLength), size, open, oids.join("\n")) > 10);
      }
    });
  }

  test(`${git.label} says of a damaged chain file what our message begins with`, () => {
    const repository = new DamagedRepository(git, "chain-sha1");
    const { fixture } = repository;
    const chain = fixture.files.get(chainFile)!;
    const text = new TextDecoder().decode(chain);
    const changes = [
      text.slice(0, 1),
      text.slice(0, 39),
      `x${text.slice(1)}`,
      text.replace("\n", " \n").replace(/\n./, "\nx"),
      text.slice(1),
    ];
    for (const changed of changes) {
      const bytes = new TextEncoder().encode(changed);
      const [said = "nothing"] = repository.says(chainFile, bytes, ["multi-pack-index", "verify"]);
      const ours = parseChain(bytes, fixture.format).problems.find(({ fatal }) => fatal)?.message;
      assert.ok(ours?.startsWith(said), `git: ${said}\nours: ${ours}`);
    }
  });
});
