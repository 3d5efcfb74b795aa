/** A write in which a call fails ends with one error that names what failed, and leaves nothing changed or everything done. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, isGitmidxError } from "../../src/core/errors.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { type FaultCode, FaultFs, type FaultPlan } from "../support/fault-fs.js";
import {
  act,
  begin,
  discard,
  effectiveState,
  midxFiles,
  objectsSeenByGit,
  type Scenario,
  scenarios,
} from "./scenarios.js";

/** How a disk goes bad: one call that fails, or every call from one on. */
const plans: readonly { readonly what: string; readonly error: FaultCode; readonly lasting: boolean }[] = [
  { what: "one call fails with an input/output error", error: "io", lasting: false },
  { what: "the disk is full from one call on", error: "no-space", lasting: true },
  { what: "the disk is full for one call", error: "no-space", lasting: false },
];

function planAt(call: number, error: FaultCode, lasting: boolean): FaultPlan {
  return lasting ? { counts: "changes", failFrom: call, error } : { counts: "changes", failAt: call, error };
}

/** Names of locks and temporary files. */
function leftovers(files: ReadonlyMap<string, Uint8Array>): string[] {
  return [...files.keys()].filter((name) => /\.lock$|tmp_/.test(name));
}

async function failEverywhere(scenario: Scenario, error: FaultCode, lasting: boolean): Promise<void> {
  const reference = begin(scenario);
  const before = midxFiles(reference);
  const objects = objectsSeenByGit(reference);
  const counting = new FaultFs(new NodeFs(), { counts: "changes" });
  await act(scenario, reference, counting);
  const after = midxFiles(reference);
  discard(reference);
  let failed = 0;
  for (let call = 1; call <= counting.count; call++) {
    const repository = begin(scenario);
    const fs = new FaultFs(new NodeFs(), planAt(call, error, lasting));
    const thrown = await act(scenario, repository, fs).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const files = midxFiles(repository);
    const where = `call ${call}, ${counting.log.find(({ number }) => number === call)?.name}`;
    const state = effectiveState(files);
    if (thrown !== undefined) {
      failed++;
      assert.ok(isGitmidxError(thrown), `${where}: ${thrown}`);
      assert.match(thrown.message, /No space left on device|Input\/output error/, where);
      assert.ok(thrown.path !== undefined, `${where}: the error names no file`);
      if (state === effectiveState(before) && state !== effectiveState(after))
        assertUnchanged(files, before, counting, call);
      else assert.equal(state, effectiveState(after), where);
    } else assert.equal(state, effectiveState(after), where);
    assert.equal(objectsSeenByGit(repository), objects, where);
    discard(repository);
  }
  assert.ok(failed > 0);
}

/** Nothing but a file whose own removal failed may be there besides what was there before. */
function assertUnchanged(
  files: Map<string, Uint8Array>,
  before: Map<string, Uint8Array>,
  fs: FaultFs,
  call: number,
): void {
  const name = fs.log.find(({ number }) => number === call)?.name;
  if (name !== "unlink") assert.deepEqual(leftovers(files), [], `call ${call}, ${name}`);
  for (const [path, bytes] of before) assert.deepEqual(files.get(path), bytes, `call ${call}: ${path} was changed`);
}

for (const scenario of scenarios) {
  for (const { what, error, lasting } of plans) {
    test(`${scenario.name}: where ${what}, one error says so, and the state is the old one or the new`, () =>
      failEverywhere(scenario, error, lasting));
  }
}

for (const code of ["read-only", "permission-denied"] as const satisfies readonly ErrorCode[]) {
  for (const scenario of scenarios) {
    test(`${scenario.name}: in a directory that is ${code}, one error says so and nothing changes`, async () => {
      const repository = begin(scenario);
      const before = midxFiles(repository);
      const fs = new FaultFs(new NodeFs(), { failFrom: 1, error: code });
      await assert.rejects(act(scenario, repository, fs), (error: unknown) => isGitmidxError(error, code));
      assert.deepEqual(midxFiles(repository), before);
      discard(repository);
    });
  }
}
