/**
 * Runs a check on thousands of mutated files. Each case has a seed of its own: `GITMIDX_SEED=<seed>` makes that case the first, and a
 * failing case is kept as a file in fixtures/crashes, which a test replays from then on.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mutate, type Region } from "./mutate.js";
import { scale } from "./scale.js";

/** A sound file that cases are made of. */
export interface FuzzSample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Its parts, as {@link mutate} takes them. */
  readonly regions?: readonly Region[];
}

/** What is fuzzed: the check throws for anything that must not be. */
export interface FuzzTarget {
  /** Lower-case letters and `-`: it begins the names of its crash files. */
  readonly name: string;
  readonly samples: readonly FuzzSample[];
  /** @param number counts the cases, for checks that are too slow to be made each time. */
  check(bytes: Uint8Array, sample: FuzzSample, number: number): void | Promise<void>;
}

const crashes = fileURLToPath(new URL("../../../fixtures/crashes/", import.meta.url));

/** More than any case takes on a machine that is busy with something else. */
const mostMilliseconds = 20_000;

/** The first seed: GITMIDX_SEED, else a fixed one for every run, and the clock's for a long one. */
export function firstSeed(): number {
  const given = process.env.GITMIDX_SEED;
  return given === undefined ? scale(1, Date.now() % 0x7fff_0000) : Number(given);
}

function keep(target: FuzzTarget, sample: FuzzSample, bytes: Uint8Array, folder: string): string {
  const name = `${target.name}.${sample.name}.${createHash("sha1").update(bytes).digest("hex").slice(0, 8)}.bin`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(folder + name, bytes);
  return folder + name;
}

/**
 * Runs `count` cases, spread over the samples.
 * @param folder where a failing case is kept: a path with a slash at its end.
 * @throws Error with the seed, the steps and the file of the first case that fails.
 */
export async function fuzz(target: FuzzTarget, count: number, folder = crashes): Promise<void> {
  const base = firstSeed();
  for (let number = 0; number < count; number++) {
    const seed = (base + number) >>> 0;
    const sample = target.samples[seed % target.samples.length]!;
    const { bytes, steps } = mutate(sample.bytes, seed, sample.regions);
    const started = performance.now();
    try {
      await target.check(bytes, sample, number);
      const took = performance.now() - started;
      if (took > mostMilliseconds) throw new Error(`it took ${took.toFixed(0)} ms`);
    } catch (cause) {
      const file = keep(target, sample, bytes, folder);
      const what = cause instanceof Error ? cause.message : String(cause);
      const message = `${target.name} on ${sample.name}: ${what}\nGITMIDX_SEED=${seed} makes it the first case\n${steps.join(", then ")}\nkept in ${file}`;
      throw new Error(message, { cause });
    }
  }
}

/** Checks every kept crash of the target again; returns how many there are. */
export async function replay(target: FuzzTarget): Promise<number> {
  const names = existsSync(crashes) ? readdirSync(crashes).filter((name) => name.startsWith(`${target.name}.`)) : [];
  for (const name of names) {
    const sample = target.samples.find((one) => name.startsWith(`${target.name}.${one.name}.`));
    if (sample === undefined) throw new Error(`fixtures/crashes/${name} is of no sample of ${target.name}`);
    try {
      await target.check(new Uint8Array(readFileSync(crashes + name)), sample, 0);
    } catch (cause) {
      throw new Error(`fixtures/crashes/${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  return names.length;
}
