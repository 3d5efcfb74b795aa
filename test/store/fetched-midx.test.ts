// portable
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { withRanges } from "../../src/bytes/source.js";
import { isGitmidxError } from "../../src/core/errors.js";
import { oidFromHex, oidPrefixFromHex, sha1 } from "../../src/core/oid.js";
import { blobFiles, type FetchFunction, urlFiles } from "../../src/store/fetched-files.js";
import { FetchedFs } from "../../src/store/fetched-fs.js";
import { openMidxFrom } from "../../src/store/fetched-midx.js";
import type { MidxStack } from "../../src/store/midx-stack.js";
import { fakeIdx, randomTable } from "../support/fake-idx.js";
import { fixtureFiles } from "../support/fetched-files.js";
import { madeMidx } from "../support/made-midx.js";
import { chainFile, type Fixture, fixtureNames, readFixture } from "../support/midx-fixtures.js";

/** Looks up every object and compares with where git has copies. */
async function assertFindsAll(opened: MidxStack | undefined, fixture: Fixture): Promise<void> {
  assert.ok(opened !== undefined);
  const stack: MidxStack = opened;
  const copies = new Set(fixture.objects.map(({ oid, idx, offset }) => `${oid} ${idx} ${offset}`));
  const ids = new Set(fixture.objects.map(({ oid }) => oid));
  assert.equal(stack.objectCount, ids.size);
  for (const oid of ids) {
    const found = await withRanges(() => stack.findObject(oidFromHex(oid, fixture.format)));
    assert.ok(found !== undefined && copies.has(`${oid} ${found.packName} ${found.offset}`), oid);
    const prefix = oidPrefixFromHex(oid.slice(0, 20), fixture.format);
    assert.deepEqual(await withRanges(() => [...stack.findPrefix(prefix)]), [found.position]);
  }
}

/** The multi-pack-index's files as a browser has them, from whatever folders they were chosen. */
function chosenFiles(fixture: Fixture): File[] {
  const paths = [...fixture.midxPaths, ...(fixture.files.has(chainFile) ? [chainFile] : [])];
  return paths.map(
    (path) => new File([fixture.files.get(path)! as Uint8Array<ArrayBuffer>], path.slice(path.lastIndexOf("/") + 1)),
  );
}

/** Serves a fixture as an object directory; the answers to ranges are as `answer` says. */
async function serve(
  fixture: Fixture,
  answer: (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => void,
  use: (url: string, log: string[]) => Promise<void>,
): Promise<void> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    log.push(`${request.url} ${request.headers.range}`);
    const bytes = fixture.files.get((request.url ?? "").replace("/a%20b/objects/pack/", ""));
    if (bytes === undefined) response.writeHead(404).end();
    else answer(request, response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b/objects`, log);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function answerRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")!.map(Number) as [
    number,
    number,
    number,
  ];
  if (first >= bytes.length) {
    response.writeHead(416, { "Content-Range": `bytes */${bytes.length}` }).end();
    return;
  }
  const end = Math.min(bytes.length, last + 1);
  response.writeHead(206, { "Content-Range": `bytes ${first}-${end - 1}/${bytes.length}` });
  response.end(bytes.slice(first, end));
}

test("a chain file and layers chosen as Files are a multi-pack-index in which every object is found", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    await assertFindsAll(await openMidxFrom(blobFiles(chosenFiles(fixture))), fixture);
    await assertFindsAll(await openMidxFrom(blobFiles(chosenFiles(fixture)), { format: fixture.format }), fixture);
  }
});

test("a multi-pack-index on a web server is read in ranges", async () => {
  for (const name of ["single-sha256", "chain-sha1"] as const) {
    const fixture = readFixture(name);
    await serve(fixture, answerRange, async (url, log) => {
      await assertFindsAll(await openMidxFrom(urlFiles(url)), fixture);
      assert.ok(
        log.every((line) => / bytes=\d+-\d+$/.test(line)),
        log.join("\n"),
      );
    });
  }
});

test("a web server that knows no ranges serves too", async () => {
  const fixture = readFixture("chain-sha256");
  await serve(
    fixture,
    (_, response, bytes) => response.end(bytes),
    async (url) => {
      await assertFindsAll(await openMidxFrom(urlFiles(new URL(`${url}/`))), fixture);
    },
  );
});

test("one lookup among 200,000 objects on a server fetches some kilobytes of megabytes", async () => {
  const { files, format } = await madeMidx([fakeIdx(randomTable(120_000, 1)), fakeIdx(randomTable(80_000, 2))]);
  const log: string[] = [];
  const fs = new FetchedFs(fixtureFiles({ files }, log));
  const stack = await openMidxFrom(fixtureFiles({ files }, log));
  const fetched = () => log.reduce((sum, line) => sum + Number(line.split(" ")[2]), 0);
  assert.ok(files.get("multi-pack-index")!.length > 5_000_000);
  assert.ok(fetched() < 16_384, `opening fetched ${fetched()} bytes`);
  log.length = 0;
  const oid = randomTable(120_000, 1).oids.slice(20 * 70_000, 20 * 70_001);
  const found = await withRanges(() => stack!.findObject(oid));
  assert.equal(found!.packName, "pack-0000.idx");
  assert.ok(fetched() < 40_960 && log.length < 10, log.join("\n"));
  assert.equal(format, sha1);
  // The file system counts the same.
  log.length = 0;
  const source = await fs.openSource("/pack/multi-pack-index");
  await withRanges(() => source.u32(0));
  assert.equal(fs.bytesFetched, fetched());
});

test("where there is no multi-pack-index, none is opened", async () => {
  assert.equal(await openMidxFrom(blobFiles([])), undefined);
  const fixture = readFixture("single-sha1");
  await serve({ ...fixture, files: new Map() }, answerRange, async (url, log) => {
    assert.equal(await openMidxFrom(urlFiles(url)), undefined);
    assert.equal(log.length, 2);
  });
});

test("an empty chain file is none, as for git", async () => {
  await serve(
    { ...readFixture("chain-sha1"), files: new Map([[chainFile, new Uint8Array(0)]]) },
    answerRange,
    async (url) => {
      assert.equal(await openMidxFrom(urlFiles(url)), undefined);
    },
  );
});

test("a server's refusal, and a file that is replaced while it is read, are errors that name the URL", async () => {
  const fixture = readFixture("single-sha1");
  await serve(
    fixture,
    (_, response) => response.writeHead(500).end(),
    async (url) => {
      await assert.rejects(openMidxFrom(urlFiles(url)), {
        code: "io",
        message: `${url}/pack/multi-pack-index: the server answered a request with status 500`,
        path: `${url}/pack/multi-pack-index`,
      });
    },
  );
  const big = await madeMidx([fakeIdx(randomTable(2000, 1))]);
  const requests = { count: 0 };
  const failing =
    (status: number, size: number): FetchFunction =>
    async (_, { headers }) => {
      const [, first, last] = /(\d+)-(\d+)/.exec(headers.Range!)!.map(Number) as [number, number, number];
      const bytes = big.files.get("multi-pack-index")!;
      const changed = requests.count++ > 0;
      const total = changed ? size : bytes.length;
      return {
        status: changed ? status : 206,
        headers: { get: () => `bytes ${first}-${last}/${total}` },
        arrayBuffer: async () => bytes.slice(first, last + 1).buffer,
      };
    };
  for (const [status, size, code] of [
    [403, 9, "io"],
    [200, 9, "io"],
    [206, 9, "vanished"],
  ] as const) {
    requests.count = 0;
    const error = await openMidxFrom(urlFiles("http://host/objects", failing(status, size)), { format: sha1 }).catch(
      (e) => e,
    );
    assert.ok(isGitmidxError(error, code), String(error));
    assert.equal(requests.count, 2);
  }
});

test("fetched files cannot be written", async () => {
  const fs = new FetchedFs(fixtureFiles(readFixture("single-sha1")));
  const calls = [
    fs.create("/pack/x"),
    fs.rename("/pack/x"),
    fs.link("/pack/x"),
    fs.unlink("/pack/x"),
    fs.mkdir("/pack/x"),
    fs.rmdir("/pack/x"),
    fs.chmod("/pack/x"),
    fs.touch("/pack/x"),
    fs.syncDirectory("/pack"),
  ];
  for (const call of calls) await assert.rejects(call, { code: "read-only" });
  await assert.rejects(fs.readFile("/pack/x"), { code: "not-found", path: "/pack/x" });
  await assert.rejects(fs.readlink("/pack/x"), { code: "io" });
  assert.equal((await fs.stat("/pack"))?.kind, "directory");
  assert.equal(await fs.stat("/other"), undefined);
  assert.equal(await fs.realpath("/pack"), "/pack");
});
