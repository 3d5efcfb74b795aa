/** Locks taken, broken and released by several processes at once, their file-system calls in every order that chance finds. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GitmidxError } from "../../src/core/errors.js";
import { type LockOptions, takeLock } from "../../src/store/lock.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { FaultFs, Killed } from "../support/fault-fs.js";
import { type Burst, interleave, type Work } from "../support/interleave.js";

/** What one process does. */
interface Actor {
  readonly breakStale: boolean;
  readonly namesItself: boolean;
  /** The call at which it is killed, if it comes that far. */
  readonly stopAt: number | undefined;
  readonly ending: "commit" | "rollback";
  /** How often it tries again. */
  readonly attempts: number;
}

/** Every call waits for its turn. */
class TurnFs extends FaultFs {
  readonly #turn: () => Promise<void>;

  constructor(fs: PackFs, turn: () => Promise<void>, stopAt: number | undefined) {
    super(fs, stopAt === undefined ? {} : { stopAt });
    this.#turn = turn;
  }

  override async call<T>(...args: Parameters<typeof FaultFs.prototype.call<T>>): Promise<T> {
    await this.#turn();
    return await super.call(...args);
  }
}

/** The processes and what they have come to. */
class World {
  readonly fs = new MemoryFs({ now: () => 1_700_000_000 });
  readonly alive = new Set<number>();
  readonly holders = new Set<number>();
  commits = 0;

  options(actor: Actor, pid: number): LockOptions {
    const isAlive = (other: number) => this.alive.has(other);
    return { breakStale: actor.breakStale, isAlive, ...(actor.namesItself ? { pidFile: { pid } } : {}) };
  }

  async run(actor: Actor, pid: number, fs: PackFs): Promise<void> {
    this.alive.add(pid);
    try {
      for (let attempt = 0; attempt < actor.attempts; attempt++) await this.#once(actor, pid, fs);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      this.holders.delete(pid);
      this.alive.delete(pid);
    }
  }

  async #once(actor: Actor, pid: number, fs: PackFs): Promise<void> {
    let lock: Awaited<ReturnType<typeof takeLock>>;
    try {
      lock = await takeLock(fs, "/d/f", this.options(actor, pid));
    } catch (error) {
      if (error instanceof GitmidxError && error.code === "locked") return;
      throw error;
    }
    this.holders.add(pid);
    assert.equal(this.holders.size, 1, `processes ${[...this.holders].join(" and ")} hold the lock`);
    await lock.file.write(new TextEncoder().encode(`${pid},`));
    await lock.file.write(new TextEncoder().encode(`${pid}`));
    assert.equal(this.holders.size, 1, `processes ${[...this.holders].join(" and ")} hold the lock`);
    // Releasing is under way from here on, and the next one may have it before this one hears of that.
    this.holders.delete(pid);
    if (actor.ending === "rollback") await lock.rollback();
    else {
      await lock.commit({ sync: false });
      this.commits++;
    }
  }
}

const actors = fc.array(
  fc.record({
    breakStale: fc.boolean(),
    namesItself: fc.boolean(),
    stopAt: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 2 }),
    ending: fc.constantFrom("commit", "rollback"),
    attempts: fc.integer({ min: 1, max: 3 }),
  }) satisfies fc.Arbitrary<Actor>,
  { minLength: 2, maxLength: 4 },
);

/** A lock with the name of a process that is dead: what most of these processes find when they begin. */
async function leaveStaleLock(fs: PackFs): Promise<void> {
  const lock = await takeLock(fs, "/d/f", { pidFile: { pid: 99 } });
  await lock.file.close();
}

/** Long bursts leave a process behind in the middle of what it does while others go through with theirs. */
const plans: fc.Arbitrary<Burst[]> = fc.array(fc.tuple(fc.nat(11), fc.integer({ min: 1, max: 25 })), { maxLength: 40 });

test("at no time do two processes hold a lock, whoever breaks it and whoever is killed", async () => {
  await fc.assert(
    fc.asyncProperty(plans, actors, fc.boolean(), async (plan, processes, stale) => {
      const world = new World();
      world.fs.put("/d/f", new TextEncoder().encode("0,0"));
      if (stale) await leaveStaleLock(world.fs);
      const works = processes.map((actor, i): Work<void> => {
        return (turn) => world.run(actor, i + 1, new TurnFs(world.fs, turn, actor.stopAt));
      });
      for (const result of await interleave(plan, works)) if (result.status === "rejected") throw result.reason;
      const text = new TextDecoder().decode(await world.fs.readFile("/d/f"));
      assert.match(text, /^(\d),\1$/, "the file is somebody's, whole");
      if (world.commits > 0) assert.notEqual(text, "0,0");
    }),
    { numRuns: 500 },
  );
});

test("of any number of processes that find one stale lock, exactly one takes it over", async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 2, max: 5 }), async (plan, count) => {
      const fs = new MemoryFs({ now: () => 1_700_000_000 });
      fs.put("/d/f", new Uint8Array(0));
      await leaveStaleLock(fs);
      const isAlive = (pid: number) => pid !== 99;
      const works = Array.from({ length: count }, (_, i): Work<unknown> => {
        const options: LockOptions = { breakStale: true, isAlive, pidFile: { pid: i + 1 } };
        return (turn) => takeLock(new TurnFs(fs, turn, undefined), "/d/f", options);
      });
      const results = await interleave(plan, works);
      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      for (const result of results) {
        if (result.status === "rejected") assert.equal(result.reason.code, "locked", String(result.reason));
      }
    }),
    { numRuns: 500 },
  );
});
