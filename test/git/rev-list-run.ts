/** Runs our rev-list, as the command line does but without a process of its own, beside git's. */

import assert from "node:assert/strict";
import { command } from "../../src/cli/commands/rev-list.js";
import { UsageError } from "../../src/cli/complaint.js";
import { failureOf } from "../../src/cli/exit-status.js";
import { type GitBinary, gitEnvironment, newestGit, runGit } from "../support/gits.js";

/** How both are run. */
export interface RevListRun {
  readonly input?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Options of git's own, before the command: `-c NAME=VALUE`. */
  readonly config?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly git?: GitBinary | undefined;
}

/** What came of it. */
export interface RevListRan {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs ours. */
export async function runRevList(cwd: string, args: readonly string[], run: RevListRun = {}): Promise<RevListRan> {
  const out: Uint8Array[] = [];
  let stderr = "";
  const bytes = (data: string | Uint8Array) =>
    typeof data === "string" ? new TextEncoder().encode(data) : data.slice();
  const sink = (write: (data: string | Uint8Array) => void) => ({
    write: async (data: string | Uint8Array) => write(data),
    flush: async () => undefined,
    columns: undefined,
  });
  const lines = async function* () {
    const text = run.input ?? "";
    if (text !== "") yield* text.replace(/\n$/, "").split("\n");
  };
  const env = { ...gitEnvironment(run.env), GIT_NO_LAZY_FETCH: "1" };
  let status: number;
  try {
    status = await command.run({
      args,
      options: {} as never,
      cwd,
      env,
      gitSettings: {
        gitDir: undefined,
        workTree: undefined,
        bare: false,
        commandConfig: (run.config ?? []).map(([key, value]) => ({ key, value })) as never,
      },
      stdin: (async function* () {})(),
      stdout: sink((data) => void out.push(bytes(data))),
      stderr: sink((data) => {
        stderr += typeof data === "string" ? data : new TextDecoder().decode(data);
      }),
      isTerminal: { stdin: false, stdout: false, stderr: false },
      signal: new AbortController().signal,
      resolve: (path) => path,
      lines,
      task: () => ({}),
    });
  } catch (error) {
    if (error instanceof UsageError) status = 129;
    else {
      const failure = failureOf(error, true);
      stderr += failure.text;
      status = failure.status;
    }
  }
  return { status, stdout: Buffer.concat(out).toString("latin1"), stderr };
}

/** Runs git's. */
export function runGitRevList(cwd: string, args: readonly string[], run: RevListRun = {}): RevListRan {
  const config = (run.config ?? []).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const { status, bytes, stderr } = runGit(run.git ?? newestGit(), [...config, "rev-list", ...args], {
    cwd,
    input: run.input ?? "",
    env: { ...run.env, GIT_NO_LAZY_FETCH: "1" },
    status: "any",
  });
  return { status, stdout: Buffer.from(bytes).toString("latin1"), stderr };
}

/** Asserts that both print the same, say the same and end the same; usages are only compared as such. */
export async function assertSameRevList(
  cwd: string,
  args: readonly string[],
  run: RevListRun = {},
): Promise<RevListRan> {
  const theirs = runGitRevList(cwd, args, run);
  const ours = await runRevList(cwd, args, run);
  const what = `${cwd}: rev-list ${args.join(" ")}${run.input === undefined ? "" : ` < ${JSON.stringify(run.input)}`}`;
  assert.deepEqual(comparable(ours), comparable(theirs), what);
  return ours;
}

/** What is compared: not the usage, and not how far a walk has come. */
function comparable({ status, stdout, stderr }: RevListRan): RevListRan {
  const told = stderr
    .replace(/usage: .*$/s, "")
    .replace(/[^\r\n]*\r/g, "")
    .replace(/^.*: +100% .*, done\.\n/gm, "");
  return { status, stdout, stderr: told };
}
