import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonWriter } from "../../src/cli/json.js";
import type { Output } from "../../src/cli/output.js";

class TextOutput implements Output {
  readonly columns = undefined;
  readonly pieces: string[] = [];

  async write(data: string | Uint8Array): Promise<void> {
    this.pieces.push(data as string);
  }

  async flush(): Promise<void> {}
}

test("members and items stand on lines of their own, in the order of the calls", async () => {
  const output = new TextOutput();
  const json = new JsonWriter(output);
  await json.member("file", "a\nb");
  await json.member("absent", undefined);
  await json.array("layers", [{ name: "x" }, 2]);
  await json.array("none", []);
  await json.member("count", 2);
  await json.end();
  assert.equal(
    output.pieces.join(""),
    '{\n  "file": "a\\nb",\n  "layers": [\n    {"name":"x"},\n    2\n  ],\n  "none": [],\n  "count": 2\n}\n',
  );
});

test("a document without members is an empty object", async () => {
  const output = new TextOutput();
  await new JsonWriter(output).end();
  assert.equal(output.pieces.join(""), "{}\n");
});

test("what is written is JSON of what was given", async () => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()))), {
    selector: ([name]) => name,
  });
  await fc.assert(
    fc.asyncProperty(members, async (given) => {
      const output = new TextOutput();
      const json = new JsonWriter(output);
      for (const [name, value] of given) {
        if (Array.isArray(value)) await json.array(name, value);
        else await json.member(name, value);
      }
      await json.end();
      const wanted = JSON.stringify(given.map(([, value]) => value));
      const entries = given.map(([name]) => (JSON.parse(output.pieces.join("")) as Record<string, unknown>)[name]);
      assert.equal(JSON.stringify(entries), wanted);
    }),
  );
});

test("the items of a long array are written while they are made", async () => {
  const output = new TextOutput();
  const json = new JsonWriter(output);
  let heldBack = 0;
  async function* items(): AsyncGenerator<string> {
    let made = 0;
    let written = 0;
    let pieces = 0;
    for (let i = 0; i < 10_000; i++) {
      for (; pieces < output.pieces.length; pieces++) written += output.pieces[pieces]!.length;
      heldBack = Math.max(heldBack, made - written);
      const item = "x".repeat(100);
      made += item.length;
      yield item;
    }
  }
  await json.array("all", items());
  await json.end();
  assert.ok(heldBack < 40_000, `${heldBack} characters held back`);
  assert.equal((JSON.parse(output.pieces.join("")) as { all: string[] }).all.length, 10_000);
});
