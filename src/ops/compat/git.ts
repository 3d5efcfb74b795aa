/** A git to compare with, and ways to ask it. */

import { checkAborted, type TaskOptions } from "../../core/task.js";
import type { ProcessEnd, ProcessRequest, StartProcess } from "../../env/process.js";
import { ByteLines } from "./byte-lines.js";

/** Major and minor number: what features are known by. */
export type GitVersion = readonly [major: number, minor: number];

/** Where a git is run, and what it is told by its surroundings. */
export interface GitPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options before the subcommand: `--git-dir=…`, `-c …`. */
  readonly args: readonly string[];
}

/** What a git is asked. */
export interface GitRequest {
  readonly args: readonly string[];
  /** As {@link ProcessRequest.input}. */
  readonly input?: ProcessRequest["input"];
  /** Set on top of the place's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets go of what it prints. */
  readonly discard?: boolean;
}

/** What it answered. */
export interface GitAnswer {
  /** Exit status; −1 where a signal ended it. */
  readonly status: number;
  /** Standard output, 1 MiB of it at most. */
  readonly output: string;
  /** What it said on standard error, without a line end behind it. */
  readonly errors: string;
}

const mostOutput = 1 << 20;

/** A git ended with another status than 0 where an answer was wanted. */
export class GitFailed extends Error {
  override readonly name = "GitFailed";
}

/** A git program. */
export class Git {
  /** As it was given: `git`, or a path. */
  readonly path: string;
  /** What `git version` prints behind its first two words. */
  readonly versionText: string;
  readonly version: GitVersion;
  readonly #start: StartProcess;

  private constructor(path: string, versionText: string, start: StartProcess) {
    this.path = path;
    this.versionText = versionText;
    const [major = 0, minor = 0] = versionText.split(".").map((part) => Number.parseInt(part, 10));
    this.version = [major, minor];
    this.#start = start;
  }

  /**
   * Asks the program at `path` for its version.
   * @throws GitmidxError if it cannot be started; GitFailed if it is no git.
   */
  static async open(path: string, place: Omit<GitPlace, "args">, start: StartProcess, task: TaskOptions): Promise<Git> {
    const asking = new Git(path, "", start);
    const { status, output, errors } = await asking.run({ ...place, args: [] }, { args: ["version"] }, task);
    const version = /^git version (\d+\.\d+\S*)/.exec(output)?.[1];
    if (status === 0 && version !== undefined) return new Git(path, version, start);
    const said = (errors || output).trim().split("\n")[0] ?? "";
    throw new GitFailed(
      `'${path} version' does not answer like git: status ${status}${said === "" ? "" : `, ${said}`}`,
    );
  }

  isAtLeast([major, minor]: GitVersion): boolean {
    return this.version[0] > major || (this.version[0] === major && this.version[1] >= minor);
  }

  /** Runs it to its end, whatever the end. @throws GitmidxError `aborted`, or if it cannot be started. */
  async run(place: GitPlace, request: GitRequest, task: TaskOptions): Promise<GitAnswer> {
    const { output, end } = this.#launch(place, request, task);
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of output) if (text.length < mostOutput) text += decoder.decode(bytes, { stream: true });
    const ended = await end;
    checkAborted(task);
    return { status: ended.status ?? -1, output: text + decoder.decode(), errors: ended.errorText.trimEnd() };
  }

  /**
   * Starts it and gives what it prints line by line.
   * @returns lines whose `end` throws GitFailed unless the status is 0.
   */
  lines(place: GitPlace, request: GitRequest, task: TaskOptions): ByteLines {
    const running = this.#launch(place, request, task);
    const end = async (): Promise<void> => {
      const ended = await running.end;
      checkAborted(task);
      if (ended.status !== 0) throw new GitFailed(`git ${request.args.join(" ")} ${endText(ended)}`);
    };
    return new ByteLines(running.output, end, () => running.stop());
  }

  /** Starts it and gives what it prints as it comes. @throws GitFailed at the end unless the status is 0 */
  async *bytes(place: GitPlace, request: GitRequest, task: TaskOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const running = this.#launch(place, request, task);
    let isThrough = false;
    try {
      yield* running.output;
      isThrough = true;
    } finally {
      if (!isThrough) {
        running.stop();
        await running.end;
      }
    }
    const ended = await running.end;
    checkAborted(task);
    if (ended.status !== 0) throw new GitFailed(`git ${request.args.join(" ")} ${endText(ended)}`);
  }

  #launch(place: GitPlace, request: GitRequest, task: TaskOptions) {
    checkAborted(task);
    return this.#start({
      command: this.path,
      args: [...place.args, ...request.args],
      cwd: place.cwd,
      env: { ...place.env, ...request.env },
      input: request.input,
      output: request.discard === true ? "discard" : "read",
      signal: task.signal,
    });
  }
}

function endText({ status, endedBy, errorText }: ProcessEnd): string {
  const how = status === undefined ? `was ended by ${endedBy}` : `ended with status ${status}`;
  const said = errorText.trimEnd();
  return said === "" ? how : `${how}: ${said}`;
}
