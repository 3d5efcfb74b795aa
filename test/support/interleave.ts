/** Several asynchronous works, one step of one of them at a time, in a chosen order. */

/** One burst: which work goes on (its number modulo those that are not finished), and for how many steps. */
export type Burst = readonly [work: number, steps: number];

/** A work awaits `turn` before each of its steps; between two of them it must wait for nothing but itself. */
export type Work<T> = (turn: () => Promise<void>) => Promise<T>;

interface Running {
  /** Lets the work take its next step. */
  release: (() => void) | undefined;
  finished: boolean;
  /** Called when the work waits for its turn again or is finished. */
  arrived: () => void;
}

function start<T>(work: Work<T>): { running: Running; first: Promise<void>; result: Promise<T> } {
  const running: Running = { release: undefined, finished: false, arrived: () => {} };
  const first = new Promise<void>((resolve) => {
    running.arrived = resolve;
  });
  const turn = () =>
    new Promise<void>((resolve) => {
      running.release = resolve;
      running.arrived();
    });
  const result = work(turn).finally(() => {
    running.finished = true;
    running.arrived();
  });
  return { running, first, result };
}

async function step(running: Running): Promise<void> {
  const arrival = new Promise<void>((resolve) => {
    running.arrived = resolve;
  });
  running.release?.();
  await arrival;
}

/** Runs all of `works` as `plan` says, and then, when it is used up, one after the other. The same plan gives the same run. */
export async function interleave<T>(
  plan: readonly Burst[],
  works: readonly Work<T>[],
): Promise<PromiseSettledResult<T>[]> {
  const all: Running[] = [];
  const results: Promise<T>[] = [];
  for (const work of works) {
    const { running, first, result } = start(work);
    // A rejection is reported by allSettled below; until then it must not count as one that nobody handles.
    result.catch(() => {});
    all.push(running);
    results.push(result);
    await first;
  }
  const unfinished = () => all.filter(({ finished }) => !finished);
  for (const [work, steps] of plan) {
    const left = unfinished();
    const chosen = left[work % left.length];
    if (chosen === undefined) break;
    for (let i = 0; i < steps && !chosen.finished; i++) await step(chosen);
  }
  for (const running of unfinished()) while (!running.finished) await step(running);
  return await Promise.allSettled(results);
}
