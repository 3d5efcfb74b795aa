/** Runs programs side by side and measures them: wall time in milliseconds, and the peak of their resident memory. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One of the programs that do the same work. */
export interface Contender {
  /** `gitmidx`, or the name and version of what it is compared with. */
  readonly label: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; nothing unless given. */
  readonly input?: string | undefined;
  /** Puts things back to where the work begins; not measured. */
  readonly prepare?: (() => void) | undefined;
  /** What the work came to: it must be the same for all contenders. Looked at after the warm-up run. */
  readonly outcome?: (() => string) | undefined;
}

/** How one of them did. */
export interface Timing {
  readonly label: string;
  /** Wall time of every counted run, in the order of running. */
  readonly milliseconds: readonly number[];
  /** Peak of resident memory in bytes, from the warm-up run; undefined where the system does not tell. */
  readonly peakByteLength: number | undefined;
}

/** Milliseconds between two looks at a running program's memory. */
const lookInterval = 4;

function failure(contender: Contender, status: unknown, stderr: string): Error {
  const command = [contender.program, ...contender.args].join(" ");
  return new Error(`${command} (in ${contender.cwd}) ended with ${status}\n${stderr}`);
}

/** Runs it once and returns the milliseconds from its start to its end. */
function runTimed(contender: Contender): number {
  const { program, args, cwd, env, input = "" } = contender;
  contender.prepare?.();
  const started = performance.now();
  const run = spawnSync(program, args, { cwd, env, input, stdio: ["pipe", "ignore", "pipe"] });
  const elapsed = performance.now() - started;
  if (run.error) throw run.error;
  if (run.status !== 0) throw failure(contender, run.status ?? run.signal, run.stderr.toString());
  return elapsed;
}

/** The most resident memory that the process and those it has started have had so far, as Linux keeps it. */
function highWaterMark(pid: number): number | undefined {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    if (match === null) return undefined;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
    const theirs = children.filter((child) => child !== "").map((child) => highWaterMark(Number(child)) ?? 0);
    return theirs.reduce((sum, byteLength) => sum + byteLength, 1024 * Number(match[1]));
  } catch {
    return undefined;
  }
}

/** Runs it once, unmeasured but for its memory: looked at every few milliseconds, so that what comes just before the end may be missed. */
async function warmUp(contender: Contender): Promise<number | undefined> {
  contender.prepare?.();
  const { program, args, cwd, env } = contender;
  const child: ChildProcess = spawn(program, args, { cwd, env, stdio: ["pipe", "ignore", "pipe"] });
  // It may end before it has read anything.
  child.stdin?.on("error", () => {});
  child.stdin?.end(contender.input ?? "");
  let stderr = "";
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  let peak: number | undefined;
  const look = () => {
    const seen = child.pid === undefined ? undefined : highWaterMark(child.pid);
    if (seen !== undefined) peak = Math.max(peak ?? 0, seen);
  };
  const timer = setInterval(look, lookInterval);
  try {
    const status = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal));
    });
    if (status !== 0) throw failure(contender, status, stderr);
  } finally {
    clearInterval(timer);
  }
  return peak;
}

/**
 * Runs all contenders once to warm up and then `runs` times in turn: A B A B …, so that whatever else the machine does meets all alike.
 * @throws Error if one fails, or two come to different outcomes.
 */
export async function race(contenders: readonly Contender[], runs: number): Promise<readonly Timing[]> {
  const peaks: (number | undefined)[] = [];
  let wanted: string | undefined;
  for (const contender of contenders) {
    peaks.push(await warmUp(contender));
    const outcome = contender.outcome?.();
    wanted ??= outcome;
    if (outcome !== wanted) throw new Error(`${contender.label} made ${outcome}, not ${wanted}`);
  }
  const milliseconds = contenders.map(() => [] as number[]);
  for (let run = 0; run < runs; run++) {
    for (const [i, contender] of contenders.entries()) milliseconds[i]!.push(runTimed(contender));
  }
  return contenders.map(({ label }, i) => ({ label, milliseconds: milliseconds[i]!, peakByteLength: peaks[i] }));
}

/** The middle one of the values; the mean of the middle two of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
