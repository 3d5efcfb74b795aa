/**
 * SHA-1 with detection of collision attacks.
 *
 * What is guaranteed: the digest is SHA-1's, always. A message is reported if one of its blocks, changed by the XOR differences of one of
 * 32 known disturbance vectors, and run from the state that both blocks would share, ends with the same chaining value: that is, if it is
 * one half of a collision made by any of the published kinds of attack (identical-prefix or chosen-prefix), whichever half, without the
 * other being known. That is the test of git's own SHA-1 (sha1dc), with its 32 vectors; nothing else is reported, so a message that is
 * no such half is flagged only with the chance that 160 bits agree at random. Attacks by methods not yet known go unnoticed, as in git.
 */

import type { BatchHasher, ContentHasher } from "../contract.js";
import { GatheredHasher, mostGatheredByteLength } from "./sha1dc-batch.js";
import type { BlockHasher } from "./sha1dc-blocks.js";
import { MessageHasher, SuccessiveHasher } from "./sha1dc-message.js";
import { scriptBlockHasher } from "./sha1dc-script.js";
import { Sha1DcKernel } from "./sha1dc-wasm.js";

let shared: BlockHasher | undefined;

/** The block hasher that running hashes of this thread share: none keeps anything in it between two calls. */
function sharedBlockHasher(): BlockHasher {
  return (shared ??= Sha1DcKernel.create(0) ?? scriptBlockHasher);
}

/** A new running SHA-1 hash that tells the traces of a collision attack. */
export function createSha1DcHasher(): ContentHasher {
  return new MessageHasher(sharedBlockHasher());
}

/**
 * A new hasher of many messages by SHA-1.
 * @param onCollision called with the tag of a message that bears the traces of a collision attack, at the latest in `flush`, once its digest
 * is in place.
 */
export function createSha1DcBatchHasher(onCollision: (tag: number) => void): BatchHasher {
  const long = (kernel: Sha1DcKernel): BatchHasher => new SuccessiveHasher(kernel, onCollision);
  const gathered = GatheredHasher.create({ detects: true, onCollision, long, maxByteLength: mostGatheredByteLength });
  return gathered ?? new SuccessiveHasher(scriptBlockHasher, onCollision);
}

/**
 * A new hasher of many messages by SHA-1 that looks for nothing: short ones side by side.
 * @param long hashes the others, and all where there is no kernel.
 * @param byteLength messages of more bytes are long.
 */
export function createSha1BatchHasher(long: BatchHasher, byteLength: number): BatchHasher {
  const maxByteLength = Math.min(byteLength, mostGatheredByteLength);
  const onCollision = (): void => undefined;
  return GatheredHasher.create({ detects: false, onCollision, long: () => long, maxByteLength }) ?? long;
}
