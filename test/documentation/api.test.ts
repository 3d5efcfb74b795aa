/** The examples of Documentation/api.md, extracted and run: each as a program of its own in a repository made by git. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gitAtLeast, gitEnvironment, runGit, systemGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { copyRepository, type MadeRepository, makeRepository, withholdPacks } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";

const top = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(top, "Documentation", "api.md"), "utf8");
const exampleHost = "https://example.com/project.git/objects";

interface Example {
  readonly heading: string;
  readonly code: string;
  /** What it prints, with `<word>` for what differs from repository to repository. */
  readonly output: string;
}

function readExamples(): Example[] {
  return [...page.matchAll(/^```js\n(.*?)^```\n\n```text\n(.*?)^```$/gms)].map((match, i) => {
    const heading = page
      .slice(0, match.index)
      .match(/^## .*$/gm)!
      .at(-1)!
      .slice(3);
    return { heading: `${heading} (example ${i + 1})`, code: match[1]!, output: match[2]! };
  });
}

/** The output as a pattern: `<progress>` alone in a line is any lines, any other `<word>` one word. */
function patternOf(output: string): RegExp {
  const escaped = output.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/^<progress>\n/gm, "(.+\n)+").replace(/<[a-z]+>/g, "\\S+")}$`);
}

const made = makeRepository({ packs: 4, duplicates: 0.5, objects: 30 });

/** An object with exactly two copies, by git's listings of the packs. */
function sharedObject({ packs }: MadeRepository): string {
  const copies = new Map<string, number>();
  for (const { idx } of packs) {
    for (const line of runGit(systemGit(), ["show-index"], { input: readFileSync(idx) })
      .stdout.trim()
      .split("\n")) {
      const oid = line.split(" ")[1]!;
      copies.set(oid, (copies.get(oid) ?? 0) + 1);
    }
  }
  return [...copies].find(([, count]) => count === 2)![0];
}

/** A repository in the state that the example wants: with a single multi-pack-index, with a chain, or with none. */
function repositoryFor({ code }: Example): MadeRepository {
  const repository = copyRepository(made);
  if (/openMidxFrom/.test(code)) {
    const bringBack = withholdPacks(repository, repository.packs.slice(2));
    for (let layer = 0; layer < 2; layer++, bringBack()) {
      const git = gitAtLeast(2, 47);
      if (git !== undefined) runGit(git, ["multi-pack-index", "write", "--incremental"], { cwd: repository.path });
      else runGitmidx(["write", "--split"], { cwd: repository.path });
    }
  } else if (/\.find\(|\.objects\(/.test(code)) {
    runGit(systemGit(), ["multi-pack-index", "write"], { cwd: repository.path });
  }
  return repository;
}

/** Runs a program beside the package, installed as `gitmidx`, in a repository; the event loop stays free for the server. */
function run(code: string, repository: MadeRepository): Promise<string> {
  const folder = makeTempFolder("example");
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(top, join(folder, "node_modules", "gitmidx"));
  const file = join(folder, "example.mjs");
  writeFileSync(file, code);
  const child = spawn(process.execPath, [file, sharedObject(repository)], {
    cwd: repository.path,
    env: gitEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (bytes) => (output += bytes));
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve(output) : reject(new Error(`status ${status}:\n${output}`))));
  });
}

/** Serves an object directory for as long as `use` takes. */
async function served<T>({ objectDir }: MadeRepository, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")?.map(Number) ?? [];
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(objectDir, decodeURIComponent(request.url ?? "").replace("/objects/", "")));
    } catch {
      response.writeHead(404).end();
      return;
    }
    const part = bytes.subarray(first, last! + 1);
    response
      .writeHead(206, { "Content-Range": `bytes ${first}-${first! + part.length - 1}/${bytes.length}` })
      .end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

if (gitAtLeast(2, 47) === undefined) couldNotTest("examples over a chain that git wrote: ours was used");

const examples = readExamples();

test("the page has examples, and each block of code is one with its output", () => {
  assert.ok(examples.length >= 7);
  assert.equal(page.match(/^```js$/gm)?.length, examples.length);
  assert.equal(page.match(/^```text$/gm)?.length, examples.length);
});

for (const example of examples) {
  test(`the example of "${example.heading}" runs and prints what the page says`, async () => {
    const repository = repositoryFor(example);
    const output = await served(repository, (url) => run(example.code.replace(exampleHost, url), repository));
    assert.match(output, patternOf(example.output));
    rmSync(repository.path, { recursive: true });
  });
}
