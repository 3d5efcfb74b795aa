import assert from "node:assert/strict";
import { test } from "node:test";
import { openRepository } from "../src/node.js";
import { BitmapHistory } from "./support/bitmap-history.js";

test("what is no value of a bitmap option is refused, and so is what a closed bitmap found", async () => {
  const history = new BitmapHistory({ seed: 71 });
  history.grow(5);
  history.run(["repack", "-a", "-d", "-q"]);
  const repository = await openRepository({ cwd: history.path });
  const wrong = (value: unknown) => value as never;
  const pack = history.files(".pack")[0]!;
  const calls: readonly (() => Promise<unknown>)[] = [
    () => repository.writeMidx({ bitmap: wrong(1) }),
    () => repository.writeMidx({ bitmap: true, nameHash: wrong("foo") }),
    () => repository.writeMidx({ bitmap: true, refsSnapshot: wrong(1) }),
    () => repository.writePackBitmap(pack, { nameHash: wrong("foo") }),
    () => repository.writePackBitmap(wrong(1)),
    () => repository.verifyMidx({ bitmaps: wrong("foo") }),
    () => repository.revList(wrong({ write: () => undefined })),
    () => repository.revList(wrong({ starts: ["main"] })),
  ];
  for (const call of calls) await assert.rejects(call, TypeError, String(call));
  await repository.writeMidx({ bitmap: true });
  const bitmap = (await repository.openBitmap())!;
  const [tip] = history.run(["rev-parse", "main"]).split("\n");
  await assert.rejects(bitmap.reachable(wrong(tip)), TypeError);
  await assert.rejects(bitmap.reachable([tip!], { not: wrong(tip) }), TypeError);
  const reached = await bitmap.reachable([tip!]);
  assert.equal(await reached.count(), history.reached("main").length);
  bitmap.close();
  await assert.rejects(reached.count(), TypeError);
  await assert.rejects(reached.counts(), TypeError);
  await assert.rejects(reached.has(tip!), TypeError);
  await assert.rejects(reached.list().next(), TypeError);
  await assert.rejects(bitmap.reachable([tip!]), TypeError);
  await repository.close();
});
