import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PageCache } from "../../../src/bytes/paged-source.js";
import { oidFromHex, sha1, sha256 } from "../../../src/core/oid.js";
import { reach } from "../../../src/ops/reach/reach.js";
import { parseFilter } from "../../../src/ops/walk/filter/parse-filter.js";
import { uninterestingMark } from "../../../src/ops/walk/flags.js";
import { Grafts } from "../../../src/ops/walk/grafts.js";
import { ObjectGraph } from "../../../src/ops/walk/object-graph.js";
import { PendingObjects } from "../../../src/ops/walk/pending.js";
import { openBitmapIndex } from "../../../src/store/bitmaps/open-bitmap-index.js";
import { FetchedFs } from "../../../src/store/fetched-fs.js";
import { ObjectDirectory } from "../../../src/store/object-directory.js";
import { ObjectStore } from "../../../src/store/object-store.js";
import { BitmapHistory } from "../../support/bitmap-history.js";
import { fixtureFiles } from "../../support/fetched-files.js";

const merging = ["pattern=refs/", "threshold=now", "stableThreshold=now", "stableSize=2"];
const settings = merging.flatMap((setting) => ["-c", `bitmapPseudoMerge.all.${setting}`]);

function servedHistory(format: "sha1" | "sha256", ...write: string[]): BitmapHistory {
  const history = new BitmapHistory({ format, seed: 5 });
  history.grow(12);
  history.run([...settings, ...write]);
  history.grow(6);
  return history;
}

function filesOf(packDir: string): Map<string, Uint8Array> {
  const names = readdirSync(packDir, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(packDir, name)).isFile());
  return new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(packDir, name)))]));
}

const questions: readonly (readonly [wanted: string, unwanted: string | undefined, filter: string | undefined])[] = [
  ["main", undefined, undefined],
  ["v1-nested", "v0", undefined],
  ["side", "v0-nested", undefined],
  ["main", "v0", "blob:limit=16"],
  ["v1", undefined, "object:type=tree"],
];

for (const write of [
  ["repack", "-adbq"],
  ["multi-pack-index", "write", "--bitmap", "--no-progress"],
]) {
  for (const format of [sha1, sha256]) {
    test(`${write[0]} ${format.name}: files that are fetched page by page give what git's own give`, async () => {
      const history = servedHistory(format.name, ...write);
      const fs = new FetchedFs(fixtureFiles({ files: filesOf(history.packDir) }), {
        cache: new PageCache(0),
      });
      const directories = [new ObjectDirectory(fs, "", format)];
      const store = await ObjectStore.open(directories);
      const index = (await openBitmapIndex(directories))!;
      for (const [wanted, unwanted, filter] of questions) {
        const graph = new ObjectGraph(format, store, new Grafts(format));
        const pending = new PendingObjects(graph);
        const add = async (name: string, marks: number) => {
          const row = await graph.object(oidFromHex(history.run(["rev-parse", name]), format));
          pending.addGiven(row, new Uint8Array(0), marks);
        };
        await add(wanted, 0);
        if (unwanted !== undefined) await add(unwanted, uninterestingMark);
        const spec = filter === undefined ? undefined : parseFilter(filter);
        const question = { index, graph, store, pending: pending.objects, objects: true, filter: spec };
        const result = (await reach(question))!;
        let lines = "";
        for await (const piece of result.lines()) lines += Buffer.from(piece).toString("latin1");
        const args = [wanted, ...(unwanted === undefined ? [] : [`^${unwanted}`])];
        if (filter !== undefined) args.push(`--filter=${filter}`);
        const listed = ["rev-list", "--use-bitmap-index", "--objects", ...args];
        assert.deepEqual(lines.trimEnd().split("\n"), history.run(listed).split("\n"), args.join(" "));
        assert.equal(`${await result.diskUsage()}`, history.run([...listed, "--disk-usage"]));
      }
      index.close();
      store.close();
    });
  }
}
