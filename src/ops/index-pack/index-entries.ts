/** Both passes over a pack, from the first byte to the last id. */

import type { ObjectTypeCode } from "../../core/object-type.js";
import { objectTypeName } from "../../core/object-type.js";
import { buildDeltaGraph, type DeltaGraph } from "./delta-graph.js";
import type { EntryTable, TableMemory } from "./entry-table.js";
import type { IndexPackOptions, OpenedPack } from "./options.js";
import type { PackHeader, ReadPack } from "./read-entries.js";
import { type Resolved, resolveDeltas } from "./second-pass.js";
import type { WorkerTeam } from "./worker-team.js";

/** Packs with fewer objects are not worth a thread. */
const fewObjects = 500;

/** Where the table of a pack is kept. */
export function memoryFor(header: PackHeader, team: WorkerTeam): TableMemory {
  return team.isPossible && header.count >= fewObjects ? "shared" : "own";
}

/** Passes each object on to be checked. */
export function objectListener(
  table: () => EntryTable,
  received: IndexPackOptions["received"],
): ((row: number, content: Uint8Array | undefined) => void) | undefined {
  if (received === undefined) return undefined;
  return (row, content) => {
    const { columns, format } = table();
    const oid = columns.ids.slice(row * format.byteLength, (row + 1) * format.byteLength);
    received.check(objectTypeName(columns.objectTypes[row] as ObjectTypeCode), oid, content);
  };
}

/** The second pass, and what it went by. */
export interface ResolvedPack extends Resolved {
  readonly graph: DeltaGraph;
  /** Of each delta the row of its base; −1 for others. Undefined unless asked for. */
  readonly baseRows: Int32Array | undefined;
}

/** Resolves the deltas of a pack that has been read. */
export async function resolvePack(
  pack: OpenedPack,
  { table }: ReadPack,
  options: IndexPackOptions,
  memory: TableMemory,
  team: WorkerTeam,
): Promise<ResolvedPack> {
  const { format, settings, detectCollisions = true, signal, progress } = options;
  const graph = buildDeltaGraph(table, memory);
  const room = 4 * (table.count + table.refCount);
  const needsBases = options.store !== undefined || options.received !== undefined || options.recordBases === true;
  const baseRows = needsBases
    ? new Int32Array(memory === "shared" ? new SharedArrayBuffer(room) : new ArrayBuffer(room)).fill(-1)
    : undefined;
  const resolved = await resolveDeltas(
    pack,
    { table, graph, memory, baseRows },
    {
      format,
      detectCollisions,
      baseCacheLimit: settings.baseCacheLimit,
      onObject: objectListener(() => table, options.received),
      team,
      signal,
      progress,
    },
  );
  return { ...resolved, graph, baseRows };
}
