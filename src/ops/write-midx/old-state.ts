/** The multi-pack-index that a write starts from, and whether it is still the same when the lock is held. */

import { env } from "#env";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { checkAborted } from "../../core/task.js";
import { parseChain } from "../../formats/midx/chain.js";
import type { MidxView } from "../../formats/midx/view.js";
import { readChainFile } from "../../store/chain-file.js";
import { type MidxLayer, type MidxStack, openMidxStack } from "../../store/midx-stack.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { WriteMidxOptions } from "./options.js";

/** What is in effect, and what it was opened from. */
export interface OldState {
  /** The multi-pack-index in effect; undefined where there is none, or none that can be used. */
  readonly stack: MidxStack | undefined;
  /** Which files were in effect: equal before and after if nobody changed them. */
  readonly fingerprint: string;
}

/**
 * Opens what is there.
 *
 * A layer stands on what is below it, so a base that is broken is an error. A single file is made from the packs anew: then what is
 * broken is left aside with a warning.
 * @throws GitmidxError where `incremental` wants a base that cannot be read whole.
 */
export async function readOldState(directory: ObjectDirectory, options: WriteMidxOptions): Promise<OldState> {
  const fingerprint = await stateFingerprint(directory);
  // A layer then begins a chain of its own, which takes the place of what is there.
  if (options.incremental === true && options.reuse === false) return { stack: undefined, fingerprint };
  let stack: MidxStack | undefined;
  try {
    stack = await openMidxStack(directory);
    if (stack !== undefined && stack.problems.length > 0) throw stack.problems[0];
    if (stack !== undefined && options.incremental === true) await checkStructure(directory, stack);
    if (stack !== undefined && options.incremental !== true) await checkChecksums(stack, options);
    return { stack, fingerprint };
  } catch (error) {
    stack?.close();
    if (!isGitmidxError(error) || error.code === "aborted" || error.code === "permission-denied" || error.code === "io")
      throw error;
    if (options.incremental === true) throw error;
    const badChecksum = error.code === "bad-checksum";
    // Where nothing would be copied from it, git sees in a wrong checksum no more than a reason to write.
    if (!badChecksum || copiesChoices(options)) {
      options.warn?.(`ignoring existing multi-pack-index; ${badChecksum ? "checksum mismatch" : error.message}`);
    }
    return { stack: undefined, fingerprint };
  }
}

/** Whether a single file takes over what the old one chose. */
export function copiesChoices(options: WriteMidxOptions): boolean {
  return options.stdinPacks === undefined && options.reuse !== false;
}

/**
 * A base that git reads in another way than it was written is broken, too: a chain file that is not as it should be, or a layer that was
 * made for another place in a chain, which its reverse index tells.
 * @throws GitmidxError `bad-chain`
 */
async function checkStructure(directory: ObjectDirectory, stack: MidxStack): Promise<void> {
  if (stack.kind === "chain") {
    const path = directory.chainPath;
    const bytes = (await readChainFile(directory)) ?? new Uint8Array(0);
    const problem = parseChain(bytes, directory.format).problems[0];
    if (problem !== undefined) throw new GitmidxError(problem.code, problem.message, { path, offset: problem.offset });
  }
  for (const { view, path, objectsBelow } of stack.layers) {
    if (!view.hasReverseIndex || view.count === 0) continue;
    const position = view.reverseIndexAt(0);
    if (position >= objectsBelow && position < objectsBelow + view.count) continue;
    const range = `${objectsBelow} to ${objectsBelow + view.count - 1}`;
    const message = `${path} was made for another place in a chain: its first object is ${position}, not one of ${range}`;
    throw new GitmidxError("bad-chain", message, { path, offset: view.reverseIndexOffset, chunk: "RIDX" });
  }
}

/** @throws GitmidxError `bad-checksum` for the first layer whose content is not what its checksum says. */
async function checkChecksums(stack: MidxStack, options: WriteMidxOptions): Promise<void> {
  for (const layer of stack.layers) {
    if (!(await checksumMatches(layer.view, options))) {
      throw new GitmidxError("bad-checksum", `${layer.path}: incorrect checksum`, { path: layer.path });
    }
  }
}

/** Hashes the file. */
async function checksumMatches(view: MidxView, options: WriteMidxOptions): Promise<boolean> {
  const hasher = env.createHasher(view.format);
  for (const window of view.source.windows(0, view.source.size - view.format.byteLength)) {
    checkAborted(options);
    hasher.update(window);
  }
  return toHex(hasher.digest()) === view.checksumHex();
}

/**
 * The layers that a new layer stands on.
 * @throws GitmidxError `unknown-base` if `--base` names none of them.
 */
export function chooseBase(stack: MidxStack | undefined, base: string | undefined): readonly MidxLayer[] {
  const layers = stack?.layers ?? [];
  if (base === undefined) return layers;
  if (base === "none") return [];
  const index = layers.findIndex((layer) => layer.checksum === base);
  if (index < 0) throw new GitmidxError("unknown-base", `could not find base MIDX '${base}'`);
  return layers.slice(0, index + 1);
}
