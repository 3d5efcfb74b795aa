/** Pack directories with one file changed, and what verify says of them. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { errorCodes } from "../../src/core/errors.js";
import { toHex } from "../../src/core/oid.js";
import type { Finding } from "../../src/ops/verify-midx/finding.js";
import { type VerifyReport, verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { chainFile, type Fixture, memoryDirectory } from "../support/midx-fixtures.js";
import { watchFs } from "../support/watch-fs.js";

const controls = /\p{Cc}/u;

/** Every finding names a code, a file, a place in it and what to do, in words that can be printed. */
function checkFinding(finding: Finding, sizes: ReadonlyMap<string, number>): void {
  const { code, message, path, offset, chunk, found, wanted, object, advice } = finding;
  assert.ok(errorCodes.includes(code), code);
  for (const text of [message, path, chunk, found, wanted, object, advice]) {
    assert.ok(text === undefined || (text.length < 2000 && !controls.test(text)), JSON.stringify(finding));
  }
  assert.ok(message.length > 5 && advice.length > 5);
  assert.ok(path.startsWith("/objects/pack"), path);
  const size = sizes.get(path.slice("/objects/pack/".length)) ?? 0;
  assert.ok(
    offset === undefined || (Number.isInteger(offset) && offset >= 0 && offset <= size),
    JSON.stringify(finding),
  );
}

/** Verifies a fixture with some files changed (or, where undefined, removed), and checks what every report must be. */
export async function verifyChanged(
  fixture: Fixture,
  changes: Iterable<readonly [path: string, bytes: Uint8Array | undefined]>,
): Promise<VerifyReport> {
  const files = new Map(fixture.files);
  for (const [path, bytes] of changes) {
    if (bytes === undefined) files.delete(path);
    else files.set(path, bytes);
  }
  const watched = watchFs(memoryDirectory(files, fixture.format).fs);
  const directory = new ObjectDirectory(watched.fs, "/objects", fixture.format);
  const report = await verifyMidx(directory, { keepFindings: 10_000 });
  assert.deepEqual(watched.open, [], "nothing stays open");
  const sizes = new Map([...files].map(([path, bytes]) => [path, bytes.length]));
  for (const finding of report.findings) checkFinding(finding, sizes);
  const errors = report.findings.filter(({ severity }) => severity === "error").length;
  assert.equal(report.errors, errors);
  assert.equal(report.notes, report.findings.length - errors);
  return report;
}

/** The errors of a report that are not in `before`: what the damage added. */
export function newErrors(report: VerifyReport, before: VerifyReport): readonly Finding[] {
  const known = new Set(before.findings.map(({ code, message }) => `${code} ${message}`));
  return report.findings.filter(
    ({ severity, code, message }) => severity === "error" && !known.has(`${code} ${message}`),
  );
}

/** `bytes` with the checksum at their end made right. */
export function sealed(bytes: Uint8Array, fixture: Fixture): Uint8Array {
  const copy = bytes.slice();
  const end = copy.length - fixture.format.byteLength;
  if (end < 0) return copy;
  copy.set(createHash(fixture.format.name).update(copy.subarray(0, end)).digest(), end);
  return copy;
}

/**
 * The changes that put `bytes` in place of a multi-pack-index file with every checksum right: its own, and for a layer its name and its
 * line in the chain file. What is wrong then is what the bytes say.
 */
export function resealed(fixture: Fixture, path: string, bytes: Uint8Array): [string, Uint8Array | undefined][] {
  const right = sealed(bytes, fixture);
  const old = /-([0-9a-f]{40,})\.midx$/.exec(path)?.[1];
  if (old === undefined) return [[path, right]];
  const name = toHex(right.subarray(-fixture.format.byteLength)).padStart(old.length, "0");
  const chain = new TextDecoder().decode(fixture.files.get(chainFile)).replace(old, name);
  return [
    [path, undefined],
    [path.replace(old, name), right],
    [chainFile, new TextEncoder().encode(chain)],
  ];
}
