/** Uses an object directory in every way that only reads, as damaged as it may be: what comes must be answers or typed errors. */

import assert from "node:assert/strict";
import { withRanges } from "../../src/bytes/source.js";
import { errorCodes, GitmidxError } from "../../src/core/errors.js";
import { oidFromHex, oidPrefixFromHex } from "../../src/core/oid.js";
import type { MidxPosition } from "../../src/core/positions.js";
import { ObjectFinder } from "../../src/ops/find-object/object-finder.js";
import { fileEntries } from "../../src/ops/inspect/file-entries.js";
import { inspectDirectory } from "../../src/ops/inspect/inspect-directory.js";
import { objectsById } from "../../src/ops/list-objects/by-id.js";
import { objectsByPseudoPack } from "../../src/ops/list-objects/by-pseudo-pack.js";
import { type MidxStack, openMidxStack } from "../../src/store/midx-stack.js";
import type { ObjectDirectory } from "../../src/store/object-directory.js";

/** Fulfilled with what `use` gives, or undefined where it throws a typed error. */
export async function typedly<T>(use: () => Promise<T>): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
    assert.ok(errorCodes.includes(error.code), error.code);
    assert.ok(error.message.length > 5 && error.message.length < 2000);
    assert.ok(error.path?.startsWith("/objects/pack"), `${error.code} in ${error.path}`);
    return undefined;
  }
}

async function useStack(stack: MidxStack, oids: readonly string[]): Promise<void> {
  const { format } = stack.tip.view;
  for (const oid of oids) {
    await typedly(() => withRanges(() => stack.findObject(oidFromHex(oid, format))));
    await typedly(() => withRanges(() => stack.findPrefix(oidPrefixFromHex(oid.slice(0, 3), format))));
  }
  for (let position = 0; position < Math.min(stack.objectCount, 50); position++) {
    await typedly(() => withRanges(() => stack.objectAt(position as MidxPosition)));
  }
  for (const problem of stack.problems) assert.ok(problem instanceof GitmidxError && problem.path !== undefined);
  for (const list of [objectsById, objectsByPseudoPack]) {
    await typedly(async () => {
      let count = 0;
      for await (const batch of list(stack)) count += batch.length;
      assert.ok(count <= stack.objectCount);
    });
  }
}

/** Opens, looks up, lists and shows everything. */
export async function useDirectory(directory: ObjectDirectory, oids: readonly string[]): Promise<void> {
  await typedly(async () => {
    const stack = await openMidxStack(directory);
    if (stack !== undefined) {
      try {
        await useStack(stack, oids);
      } finally {
        stack.close();
      }
    }
  });
  await typedly(async () => {
    const finder = await ObjectFinder.open([directory], { warn: (message) => assert.ok(message.length > 5) });
    try {
      for (const oid of oids) {
        await typedly(() => finder.lookUp(oid, { others: true }));
        await typedly(() => finder.lookUp(oid.slice(0, 5)));
      }
    } finally {
      finder.close();
    }
  });
  const shown: string[] = [];
  await typedly(async () => {
    for await (const report of inspectDirectory(directory.fs, directory.packPath, { format: directory.format })) {
      shown.push(report.path);
    }
  });
  for (const path of shown) {
    await typedly(async () => {
      for await (const batch of fileEntries(directory.fs, path, { format: directory.format }))
        assert.ok(batch.length > 0);
    });
  }
}
