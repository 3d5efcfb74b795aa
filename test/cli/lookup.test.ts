import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lookupText } from "../../src/cli/lookup-text.js";
import { fakeTable, randomTable, writeFakePack } from "../support/fake-idx.js";
import { newestGit, runGit, systemGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { copyRepository, type MadeRepository, makeRepository, withholdPacks } from "../support/repository-maker.js";

const made = makeRepository({ packs: 6, duplicates: 0.6 });

/** `PACK OFFSET` of every copy of every object, from git show-index, by object. */
function gitCopies({ packs }: MadeRepository): Map<string, string[]> {
  const copies = new Map<string, string[]>();
  for (const { idx, name } of packs) {
    const lines = runGit(systemGit(), ["show-index"], { input: readFileSync(idx) })
      .stdout.trim()
      .split("\n");
    for (const line of lines) {
      const [offset, oid = ""] = line.split(" ");
      copies.set(oid, [...(copies.get(oid) ?? []), `${name}.pack ${offset}`]);
    }
  }
  return copies;
}

/** A chain of three layers with packs 0 and 1, 2, and 3 and 4; pack 5 is not covered. */
function chained(): MadeRepository {
  const repository = copyRepository(made);
  const bringBack = withholdPacks(repository, repository.packs.slice(2));
  for (const more of [1, 2, 1]) {
    runGit(newestGit(), ["multi-pack-index", "write", "--incremental"], { cwd: repository.path });
    bringBack(more);
  }
  return repository;
}

interface Line {
  readonly oid: string;
  readonly copies: readonly string[];
  readonly position: number | undefined;
  readonly pack: number | undefined;
  readonly layer: number | undefined;
}

interface JsonCopy {
  readonly pack: string;
  readonly offset: number;
}

interface JsonLookup extends JsonCopy {
  readonly oid: string;
  readonly position?: number;
  readonly packNumber?: number;
  readonly layer?: { readonly index: number };
  readonly others: readonly JsonCopy[];
}

/** The lines of one object: where it is, and further copies. */
function parse(stdout: string): Line[] {
  const found: Line[] = [];
  for (const line of stdout.trimEnd().split("\n")) {
    const [, id, place, rest] = /^([0-9a-f]+| {2}copy) (\S+ \d+)(.*)$/.exec(line) ?? [];
    assert.ok(id !== undefined && place !== undefined && rest !== undefined, line);
    if (id === "  copy") {
      (found.at(-1)!.copies as string[]).push(place);
      continue;
    }
    const number = (name: string) => {
      const digits = new RegExp(` ${name}=(\\d+)`).exec(rest)?.[1];
      return digits === undefined ? undefined : Number(digits);
    };
    found.push({
      oid: id,
      copies: [place],
      position: number("position"),
      pack: number("pack"),
      layer: number("layer"),
    });
  }
  return found;
}

/** Names of the packs of each layer, as the files themselves have them, oldest first. */
function layerPacks(repository: MadeRepository): string[][] {
  const folder = join(repository.packDir, "multi-pack-index.d");
  const checksums = readFileSync(join(folder, "multi-pack-index-chain"), "utf8").trim().split("\n");
  return checksums.map((checksum) => {
    const bytes = readFileSync(join(folder, `multi-pack-index-${checksum}.midx`), "latin1");
    return [...bytes.matchAll(/(pack-[0-9a-f]{40})\.idx\0/g)].map(([, name]) => name!);
  });
}

test("every object of a repository is found where git has it, with layer, global numbers and all copies", () => {
  const repository = chained();
  const copies = gitCopies(repository);
  const layers = layerPacks(repository);
  assert.deepEqual(
    layers.map(({ length }) => length),
    [2, 1, 2],
  );
  const ids = [...copies.keys()].sort();
  const { stdout } = runGitmidx(["lookup", ...ids], { cwd: repository.path });
  const lines = parse(stdout);
  assert.deepEqual(
    lines.map(({ oid }) => oid),
    ids,
  );
  const positions = new Map<number, number[]>();
  for (const { oid, copies: found, position, pack, layer } of lines) {
    assert.deepEqual(found.toSorted(), copies.get(oid)!.toSorted(), oid);
    const name = found[0]!.split(".")[0]!;
    const wanted = layers.findIndex((names) =>
      names.some((known) => copies.get(oid)!.some((copy) => copy.startsWith(known))),
    );
    if (wanted < 0) assert.deepEqual([position, pack, layer], [undefined, undefined, undefined]);
    else {
      // The oldest layer with a pack that has the object is the one that holds it.
      assert.equal(layer, wanted, oid);
      assert.equal(layers.flat()[pack!], name, oid);
      positions.set(layer, [...(positions.get(layer) ?? []), position!]);
    }
  }
  assert.ok(lines.some(({ layer }) => layer === undefined));
  // Ids ascend, so positions do in each layer, from 0 through all of them.
  const all = [0, 1, 2].flatMap((layer) => positions.get(layer)!);
  assert.deepEqual(
    all,
    all.map((_, i) => i),
  );
});

test("--stdin takes ids, prefixes and the output of rev-list --objects, and answers in order", () => {
  const repository = chained();
  const listed = runGit(newestGit(), ["rev-list", "--objects", "--all"], { cwd: repository.path }).stdout;
  const run = (input: string) => runGitmidx(["lookup", "--stdin"], { cwd: repository.path, input }).stdout;
  const ids = listed
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]!);
  const lines = parse(run(listed));
  assert.deepEqual(
    lines.map(({ oid }) => oid),
    ids,
  );
  assert.ok(lines.every(({ copies }) => copies.length === 1));
  assert.equal(run(ids.map((oid) => `${oid.slice(0, 15).toUpperCase()}\r\n`).join("")), run(listed));
  assert.equal(run(listed.trimEnd()), run(listed));
  assert.equal(run(""), "");
});

test("what is missing, ambiguous or no id is said in its place, and the status is 1", () => {
  const repository = copyRepository(made);
  const oid = (digits: string) => digits.padEnd(40, "0");
  writeFakePack(
    repository.packDir,
    fakeTable(["beef1", "beef2", "beef3"].map((digits, i) => ({ oid: oid(digits), offset: 12 + i }))),
    { name: "pack-x" },
  );
  const input = ["f".repeat(40), "beef", oid("beef2"), "xyz", "", "\u001b[31m"].map((line) => `${line}\n`).join("");
  const { stdout } = runGitmidx(["lookup", "--stdin"], { cwd: repository.path, input, status: 1 });
  assert.equal(
    stdout,
    `${"f".repeat(40)} missing\nbeef ambiguous\n  candidate ${oid("beef1")}\n  candidate ${oid("beef2")}\n` +
      `  candidate ${oid("beef3")}\n${oid("beef2")} pack-x.pack 13\nxyz invalid\n invalid\n\\u001b[31m invalid\n`,
  );
  const short = runGit(systemGit(), ["rev-parse", "--disambiguate=beef"], { cwd: repository.path }).stdout;
  assert.deepEqual(short.trim().split("\n").sort(), [oid("beef1"), oid("beef2"), oid("beef3")]);
  const json = JSON.parse(
    runGitmidx(["lookup", "--stdin", "--json"], { cwd: repository.path, input, status: 1 }).stdout,
  );
  assert.deepEqual([json.found, json.notFound], [1, 5]);
  assert.deepEqual(json.lookups[0], { given: "f".repeat(40), outcome: "missing" });
  assert.deepEqual(json.lookups[1].candidates, [oid("beef1"), oid("beef2"), oid("beef3")]);
  assert.deepEqual(json.lookups[5], { given: "\u001b[31m", outcome: "invalid" });
});

test("--json tells the same as the text", () => {
  const repository = chained();
  const ids = [...gitCopies(repository).keys()];
  const lines = parse(runGitmidx(["lookup", ...ids], { cwd: repository.path }).stdout);
  const { lookups } = JSON.parse(runGitmidx(["lookup", "--json", ...ids], { cwd: repository.path }).stdout);
  const told = (lookups as readonly JsonLookup[]).map((lookup) => ({
    oid: lookup.oid,
    copies: [lookup, ...lookup.others].map(({ pack, offset }) => `${pack} ${offset}`),
    position: lookup.position,
    pack: lookup.packNumber,
    layer: lookup.layer?.index,
  }));
  assert.deepEqual(told, lines);
});

test("with core.multiPackIndex=false the packs' own indexes are searched", () => {
  const repository = chained();
  const copies = gitCopies(repository);
  const ids = [...copies.keys()];
  const { stdout } = runGitmidx(["-c", "core.multiPackIndex=false", "lookup", ...ids], { cwd: repository.path });
  for (const { oid, copies: found, position, layer } of parse(stdout)) {
    assert.deepEqual([position, layer], [undefined, undefined]);
    assert.deepEqual(found.toSorted(), copies.get(oid)!.toSorted());
    // The youngest pack comes first: packs are made one after the other.
    const rank = (copy: string) => repository.packs.findIndex(({ name }) => copy.startsWith(name));
    assert.deepEqual(
      found.map(rank),
      found.map(rank).toSorted((a, b) => b - a),
    );
  }
});

test("objects of alternates, loose objects and objects of lost packs are told as such", () => {
  const borrowed = chained();
  const repository = makeRepository({ packs: 1, seed: 5 });
  writeFileSync(join(repository.objectDir, "info", "alternates"), `${borrowed.objectDir}\n`);
  const [oid] = [...gitCopies(borrowed).keys()] as [string];
  const loose = runGit(systemGit(), ["hash-object", "-w", "--stdin"], {
    cwd: repository.path,
    input: "loose\n",
  }).stdout.trim();
  const run = (id: string, status = 0, ...args: string[]) =>
    runGitmidx(["lookup", "--no-copies", ...args, id], { cwd: repository.path, status }).stdout;
  assert.match(run(oid), new RegExp(`^${oid} ${join(borrowed.packDir)}/pack-[0-9a-f]+\\.pack \\d+ position=`));
  const path = join(repository.objectDir, loose.slice(0, 2), loose.slice(2));
  assert.equal(run(loose.slice(0, 8)), `${loose} loose ${path}\n`);
  // One directory alone.
  assert.match(run(oid, 0, `--object-dir=${borrowed.objectDir}`), new RegExp(`^${oid} pack-`));
  assert.equal(run(loose, 1, `--object-dir=${borrowed.objectDir}`), `${loose} missing\n`);
  rmSync(borrowed.packs[0]!.pack);
  rmSync(borrowed.packs[1]!.pack);
  const gone = [...gitCopies(borrowed)].find(([, copies]) =>
    copies.every((copy) => /^(\S+)\.pack/.exec(copy)![1] === borrowed.packs[0]!.name),
  )![0];
  assert.match(
    run(gone, 1),
    new RegExp(
      `^${gone} \\S+/${borrowed.packs[0]!.name}\\.pack \\d+ position=\\d+ pack=\\d+ layer=0:[0-9a-f]{40} gone\n$`,
    ),
  );
});

test("a pack name that is none of an index is told as it stands, quoted, and never as another pack's", () => {
  for (const name of ["..", ".", "", "pack-x.pack", "\u001b[31m.idx"]) {
    const repository = copyRepository(made, { packs: made.packs.slice(0, 1), ownBytes: true });
    const [oid] = [...gitCopies(repository).keys()] as [string];
    runGit(systemGit(), ["multi-pack-index", "write"], { cwd: repository.path });
    const path = join(repository.packDir, "multi-pack-index");
    const bytes = readFileSync(path);
    const { length } = repository.packs[0]!.name;
    const at = bytes.indexOf(repository.packs[0]!.name);
    bytes.fill(0, at, at + length + 4).write(name, at);
    rmSync(path);
    writeFileSync(path, bytes);
    for (const file of [repository.packs[0]!.pack, repository.packs[0]!.idx]) rmSync(file);
    const quoted = `'${name.replace("\u001b", "\\u001b")}'`;
    const { stdout } = runGitmidx(["lookup", oid], { cwd: repository.path, status: 1 });
    assert.ok(stdout.startsWith(`${oid} ${quoted} `) && stdout.endsWith(" gone\n"), stdout);
    const { lookups } = JSON.parse(runGitmidx(["lookup", "--json", oid], { cwd: repository.path, status: 1 }).stdout);
    assert.equal(lookups[0].pack, quoted);
  }
});

test("a pack name of 100,000 characters is cut where an object is told", () => {
  const packed = { kind: "packed", directory: "/objects", packName: `${"x".repeat(100_000)}.idx`, offset: 12 } as const;
  const copy = { ...packed, packId: undefined, midx: undefined, present: false };
  const object = { oid: "0".repeat(40), copy, others: [copy] };
  for (const own of ["/objects", "/elsewhere"]) {
    const text = lookupText("0000", { outcome: "found", object }, own);
    assert.ok(text.length < 500 && text.includes(`'${"x".repeat(100)}…'`), text.slice(0, 500));
  }
});

test("a damaged multi-pack-index is warned of, and the answers come from the packs", () => {
  const repository = copyRepository(made);
  writeFileSync(join(repository.packDir, "multi-pack-index"), "MIDX but not for long");
  const ids = [...gitCopies(repository).keys()];
  const { stdout, stderr } = runGitmidx(["lookup", "--no-copies", ...ids], { cwd: repository.path });
  assert.equal(parse(stdout).length, ids.length);
  assert.match(stderr, /^warning: the multi-pack-index of .* cannot be used: /);
});

test("a wrong command line is 129, outside of a repository 128", () => {
  assert.match(runGitmidx(["lookup"], { cwd: made.path, status: 129 }).stderr, /^error: no object given\nusage: /);
  const both = runGitmidx(["lookup", "--stdin", "abcd"], { cwd: made.path, status: 129 });
  assert.match(both.stderr, /^error: cannot use --stdin with objects on the command line\n/);
  mkdirSync(join(made.gitDir, "..", "..", "outside"), { recursive: true });
  const outside = runGitmidx(["lookup", "abcd"], { cwd: join(made.gitDir, "..", "..", "outside"), status: 128 });
  assert.match(outside.stderr, /^fatal: not a git repository/);
});

test("100,000 ids on standard input take seconds, and no more memory than their files", () => {
  const repository = makeRepository({ packs: 1 });
  const table = randomTable(100_000, 3);
  writeFakePack(repository.packDir, table);
  runGitmidx(["write"], { cwd: repository.path });
  const ids = Array.from({ length: 100_000 }, (_, i) =>
    Buffer.from(table.oids.subarray(20 * i, 20 * i + 20)).toString("hex"),
  );
  const started = performance.now();
  const { stdout } = runGitmidx(["lookup", "--stdin"], {
    cwd: repository.path,
    input: `${ids.toReversed().join("\n")}\n`,
  });
  assert.ok(performance.now() - started < 30_000);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, ids.length);
  for (const i of [0, 1, 54_321, 99_999]) {
    const [oid, , offset] = lines[99_999 - i]!.split(" ");
    assert.deepEqual([oid, Number(offset)], [ids[i], table.offsets[i]]);
  }
});
