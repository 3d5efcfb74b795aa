/** The whole second pass: every delta that rests on an object of the pack, on one thread or several. */

import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, type ObjectFormatName, objectFormatByName } from "../../core/oid.js";
import { checkAborted, Step, type TaskOptions } from "../../core/task.js";
import { refDeltaCode } from "../../formats/pack/entry-header.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { DeltaGraph } from "./delta-graph.js";
import { EntryReader } from "./entry-reader.js";
import type { EntryColumns, EntryTable, TableMemory } from "./entry-table.js";
import type { OpenedPack } from "./options.js";
import { DeltaResolver, type ResolveOptions } from "./resolve-deltas.js";
import type { WorkerTeam } from "./worker-team.js";

/** Objects that deltas rest on, and how far the threads have come with them. */
interface SharedWork {
  readonly columns: EntryColumns;
  readonly graph: DeltaGraph;
  /** Rows of objects that are no deltas, with deltas on them. */
  readonly roots: Uint32Array;
  /** Numbers by {@link at}. */
  readonly state: Int32Array;
  /** Of each delta the row of its base; −1 for others. Undefined if nobody wants to know. */
  readonly baseRows: Int32Array | undefined;
}

/** What {@link SharedWork.state} has where. */
const at = { next: 0, resolved: 1, stop: 2 } as const;

/** Roots that a thread takes at a time. */
const rootsAtATime = 4;

/** What a worker is told. */
export interface ResolveJob extends SharedWork {
  readonly job: "index-pack-deltas";
  readonly path: string;
  readonly format: ObjectFormatName;
  readonly detectCollisions: boolean;
  readonly baseCacheLimit: number;
}

/** What the second pass is made of. */
export interface SecondPass {
  readonly table: EntryTable;
  readonly graph: DeltaGraph;
  readonly memory: TableMemory;
  /** Of each delta the row of its base is put here. */
  readonly baseRows: Int32Array | undefined;
}

/** How it is made. */
export type SecondPassOptions = Omit<ResolveOptions, "onBase"> & TaskOptions & { readonly team: WorkerTeam };

/** The resolver of this thread, which knows how to go on, and how many deltas are resolved by all. */
export interface Resolved {
  readonly reader: EntryReader;
  readonly resolver: DeltaResolver;
  readonly count: number;
}

/**
 * Resolves what can be resolved.
 * @throws GitmidxError as `DeltaResolver.resolve`; `aborted`
 */
export async function resolveDeltas(
  pack: OpenedPack,
  { table, graph, memory, baseRows }: SecondPass,
  options: SecondPassOptions,
): Promise<Resolved> {
  const { format, detectCollisions, baseCacheLimit, team } = options;
  const total = table.ofsCount + table.refCount;
  const reader = new EntryReader(pack.source, table.columns);
  const onBase = baseRows === undefined ? undefined : (row: number, base: number) => void (baseRows[row] = base);
  const resolver = new DeltaResolver(table.columns, graph, reader, { ...options, onBase });
  if (total === 0) return { reader, resolver, count: 0 };
  const state = new Int32Array(memory === "shared" ? new SharedArrayBuffer(16) : new ArrayBuffer(16));
  const roots = findRoots(table, graph, resolver, memory);
  const work: SharedWork = { columns: table.columns, graph, roots, state, baseRows };
  const message: ResolveJob = {
    job: "index-pack-deltas",
    path: pack.path,
    format: format.name,
    detectCollisions,
    baseCacheLimit,
    ...work,
  };
  const others = memory === "shared" && options.onObject === undefined ? team.callAll(message) : [];
  const step = new Step(options, "Resolving deltas", total);
  const halt = (): void => void Atomics.store(state, at.stop, 1);
  options.signal?.addEventListener("abort", halt);
  try {
    await work1(resolver, work, step);
    await Promise.all(others);
    checkAborted(options);
    if (Atomics.load(state, at.resolved) === total) step.finish();
  } catch (error) {
    halt();
    await Promise.allSettled(others);
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", halt);
  }
  return { reader, resolver, count: Atomics.load(state, at.resolved) };
}

/** This thread's share, which also reports what the others have done. */
async function work1(resolver: DeltaResolver, work: SharedWork, step: Step): Promise<void> {
  let told = 0;
  for (let more = true; more; ) {
    more = resolveSome(resolver, work);
    const resolved = Atomics.load(work.state, at.resolved);
    const turn = step.tick(resolved - told);
    told = resolved;
    if (turn !== undefined) await turn;
  }
  resolver.finish();
}

/** Takes the next roots and resolves what rests on them. @returns false if there are none left. */
function resolveSome(resolver: DeltaResolver, { roots, state }: SharedWork): boolean {
  if (Atomics.load(state, at.stop) !== 0) return false;
  const start = Atomics.add(state, at.next, rootsAtATime);
  const end = Math.min(roots.length, start + rootsAtATime);
  const before = resolver.resolved;
  for (let i = start; i < end; i++) resolver.resolve(roots[i]!);
  Atomics.add(state, at.resolved, resolver.resolved - before);
  return end < roots.length;
}

/** What a worker does: its share of the roots. */
export async function resolveDeltasJob(fs: PackFs, message: ResolveJob): Promise<void> {
  const { path, columns, graph, baseRows, detectCollisions, baseCacheLimit } = message;
  const format: ObjectFormat = objectFormatByName(message.format)!;
  const source = await fs.openSource(path);
  try {
    const onBase = baseRows === undefined ? undefined : (row: number, base: number) => void (baseRows[row] = base);
    const resolver = new DeltaResolver(columns, graph, new EntryReader(source, columns), {
      format,
      detectCollisions,
      baseCacheLimit,
      onBase,
    });
    while (resolveSome(resolver, message));
    resolver.finish();
  } catch (error) {
    Atomics.store(message.state, at.stop, 1);
    throw error;
  } finally {
    source.close();
  }
}

/** Rows of objects with deltas on them: those with very many first, so that no thread is left alone with one at the end. */
function findRoots(table: EntryTable, graph: DeltaGraph, resolver: DeltaResolver, memory: TableMemory): Uint32Array {
  const { count, columns } = table;
  const weights = descendants(table, graph);
  const large = Math.max(64, (table.ofsCount + table.refCount) / 64);
  const first: number[] = [];
  const rest: number[] = [];
  for (let row = 0; row < count; row++) {
    if (columns.objectTypes[row] === 0 || !resolver.hasDeltas(row)) continue;
    (weights[row]! > large ? first : rest).push(row);
  }
  first.sort((a, b) => weights[b]! - weights[a]! || a - b);
  const byteLength = 4 * (first.length + rest.length);
  const roots = new Uint32Array(memory === "shared" ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength));
  roots.set(first);
  roots.set(rest, first.length);
  return roots;
}

/** How many deltas rest on each entry, as far as OFS deltas tell. */
function descendants({ count }: EntryTable, { childStarts, children }: DeltaGraph): Uint32Array {
  const weights = new Uint32Array(count);
  // A base stands before the OFS deltas on it, so that from the end on each row is complete when it is added to its base.
  for (let row = count - 1; row >= 0; row--) {
    let weight = 0;
    for (let i = childStarts[row]!; i < childStarts[row + 1]!; i++) weight += 1 + weights[children[i]!]!;
    weights[row] = weight;
  }
  return weights;
}

/** @throws GitmidxError `unresolved-deltas` for deltas whose bases are not there, or that rest on each other. */
export function refuseUnresolved(table: EntryTable, resolved: number): void {
  const left = table.ofsCount + table.refCount - resolved;
  if (left === 0) return;
  const { types, objectTypes, offsets } = table.columns;
  let row = 0;
  while (row < table.count && objectTypes[row] !== 0) row++;
  const kind = types[row] === refDeltaCode ? "REF" : "OFS";
  const message = `pack has ${left} unresolved ${left === 1 ? "delta" : "deltas"}\nthe first is the ${kind} delta at offset ${offsets[row]}`;
  throw new GitmidxError("unresolved-deltas", message, { offset: offsets[row] });
}
