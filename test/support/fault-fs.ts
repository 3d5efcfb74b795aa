/** A file system that fails or dies at a chosen call: for tests of what is left behind when a write is interrupted. */

import type { ByteSource } from "../../src/bytes/source.js";
import type { ErrorCode, GitmidxError } from "../../src/core/errors.js";
import type { DirectoryEntry, FileStat, PackFs, WritableFile } from "../../src/store/pack-fs.js";
import { systemError } from "../../src/store/system-error.js";

/** Thrown where a SIGKILL would have ended the process; not a GitmidxError, so that no clean-up takes it for a failed call. */
export class Killed extends Error {
  constructor(call: FaultCall) {
    super(`killed at call ${call.number}: ${call.name} ${call.path}`);
  }
}

/** The calls that change something on the disk. */
export const changingCalls = [
  "create",
  "write",
  "sync",
  "close",
  "rename",
  "link",
  "unlink",
  "mkdir",
  "rmdir",
  "chmod",
  "touch",
  "syncDirectory",
] as const;

export type CallName =
  | (typeof changingCalls)[number]
  | "list"
  | "stat"
  | "lstat"
  | "readFile"
  | "openSource"
  | "realpath"
  | "readlink";

/** One call that came. */
export interface FaultCall {
  /** Counted from 1, over the calls that `FaultPlan.counts` counts. */
  readonly number: number;
  readonly name: CallName;
  readonly path: string;
  /** The second path of `rename` and `link`. */
  readonly target?: string;
}

/** Codes a file system can fail with, as {@link FaultPlan.error}. */
export type FaultCode = Extract<
  ErrorCode,
  "not-found" | "permission-denied" | "no-space" | "read-only" | "exists" | "io"
>;

/** What goes wrong, and when. Calls are numbered from 1. */
export interface FaultPlan {
  /** Which calls have numbers: all, or only those that change something. All unless given. */
  readonly counts?: "all" | "changes";
  /** This call fails; a write that fails has written half of its bytes. */
  readonly failAt?: number;
  /**
   * From this call on every call fails that changes something: a disk that stays as it is. With `no-space` only those that need room
   * fail; closing never does.
   */
  readonly failFrom?: number;
  /** How; `io` unless given. */
  readonly error?: FaultCode;
  /** At this call the process dies, and every later call throws {@link Killed} too. */
  readonly stopAt?: number;
  /** How much of a write is on the disk when the process dies in it; `none` unless given. */
  readonly stoppedWrite?: "none" | "half" | "all";
}

const errnoOf: Record<FaultCode, string> = {
  "not-found": "ENOENT",
  "permission-denied": "EACCES",
  "no-space": "ENOSPC",
  "read-only": "EROFS",
  exists: "EEXIST",
  io: "EIO",
};

const changing: readonly string[] = changingCalls;
const roomNeeding: readonly string[] = ["create", "write", "sync", "link", "mkdir"];

class FaultFile implements WritableFile {
  readonly path: string;
  readonly #fs: FaultFs;
  readonly #file: WritableFile;

  constructor(fs: FaultFs, file: WritableFile) {
    this.#fs = fs;
    this.#file = file;
    this.path = file.path;
  }

  write(bytes: Uint8Array): Promise<void> {
    const part = (share: number) => this.#file.write(bytes.subarray(0, Math.floor(bytes.length * share)));
    return this.#fs.call("write", this.path, () => this.#file.write(bytes), { part });
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    const part = (share: number) => this.#file.writeAt(offset, bytes.subarray(0, Math.floor(bytes.length * share)));
    return this.#fs.call("write", this.path, () => this.#file.writeAt(offset, bytes), { part });
  }

  sync(): Promise<void> {
    return this.#fs.call("sync", this.path, () => this.#file.sync());
  }

  async close(): Promise<void> {
    // A close that fails has closed the file all the same; it must not stay open in the test.
    let open = this.#fs.files.delete(this.#file);
    const close = () => {
      open = false;
      return this.#file.close();
    };
    try {
      await this.#fs.call("close", this.path, close);
    } finally {
      if (open) await this.#file.close();
    }
  }
}

/** {@link PackFs} that passes its calls on to another one, counts them, and goes wrong as planned. */
export class FaultFs implements PackFs {
  /** Every call so far, numbered ones and others (which have the number of the one before), the one that went wrong included. */
  readonly log: FaultCall[] = [];
  /** Files that are open for writing. */
  readonly files = new Set<WritableFile>();
  readonly #fs: PackFs;
  readonly #plan: FaultPlan;
  #count = 0;
  #killed: Killed | undefined;

  constructor(fs: PackFs, plan: FaultPlan = {}) {
    this.#fs = fs;
    this.#plan = plan;
  }

  /** Numbered calls so far. */
  get count(): number {
    return this.#count;
  }

  /** Whether the planned death has come. */
  get killed(): boolean {
    return this.#killed !== undefined;
  }

  /** Makes one call, or what the plan has in its place; for the files of this file system too. */
  async call<T>(
    name: CallName,
    path: string,
    make: () => Promise<T>,
    { target, part }: { target?: string; part?: (share: number) => Promise<void> } = {},
  ): Promise<T> {
    if (this.#killed !== undefined) throw this.#killed;
    const changes = changing.includes(name);
    const numbered = changes || this.#plan.counts !== "changes";
    if (numbered) this.#count++;
    const call: FaultCall = { number: this.#count, name, path, ...(target === undefined ? {} : { target }) };
    this.log.push(call);
    const { stopAt, failAt, failFrom } = this.#plan;
    if (numbered && call.number === stopAt) throw await this.#kill(call, part);
    const fails = this.#plan.error === "no-space" ? roomNeeding.includes(name) : changes && name !== "close";
    if ((numbered && call.number === failAt) || (fails && call.number >= (failFrom ?? Infinity))) {
      await part?.(0.5);
      throw this.#failure(call);
    }
    return await make();
  }

  async #kill(call: FaultCall, part: ((share: number) => Promise<void>) | undefined): Promise<Killed> {
    this.#killed = new Killed(call);
    const share = { none: 0, half: 0.5, all: 1 }[this.#plan.stoppedWrite ?? "none"];
    if (share > 0) await part?.(share);
    // The kernel closes a dead process's files.
    for (const file of this.files) await file.close();
    this.files.clear();
    return this.#killed;
  }

  #failure({ name, path, target }: FaultCall): GitmidxError {
    const errno = errnoOf[this.#plan.error ?? "io"];
    return systemError(Object.assign(new Error(`${errno}: planned`), { code: errno }), name, path, target);
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.call("list", path, () => this.#fs.list(path));
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.call("stat", path, () => this.#fs.stat(path));
  }

  lstat(path: string): Promise<FileStat | undefined> {
    return this.call("lstat", path, () => this.#fs.lstat(path));
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.call("readFile", path, () => this.#fs.readFile(path));
  }

  openSource(path: string): Promise<ByteSource> {
    return this.call("openSource", path, () => this.#fs.openSource(path));
  }

  create(path: string, mode: number): Promise<WritableFile> {
    return this.call("create", path, async () => {
      const file = await this.#fs.create(path, mode);
      this.files.add(file);
      return new FaultFile(this, file);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.call("rename", from, () => this.#fs.rename(from, to), { target: to });
  }

  link(from: string, to: string): Promise<void> {
    return this.call("link", from, () => this.#fs.link(from, to), { target: to });
  }

  unlink(path: string): Promise<void> {
    return this.call("unlink", path, () => this.#fs.unlink(path));
  }

  mkdir(path: string, mode: number): Promise<void> {
    return this.call("mkdir", path, () => this.#fs.mkdir(path, mode));
  }

  rmdir(path: string): Promise<void> {
    return this.call("rmdir", path, () => this.#fs.rmdir(path));
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.call("chmod", path, () => this.#fs.chmod(path, mode));
  }

  touch(path: string, mtime?: number): Promise<void> {
    return this.call("touch", path, () => this.#fs.touch(path, mtime));
  }

  syncDirectory(path: string): Promise<void> {
    return this.call("syncDirectory", path, () => this.#fs.syncDirectory(path));
  }

  realpath(path: string): Promise<string> {
    return this.call("realpath", path, () => this.#fs.realpath(path));
  }

  readlink(path: string): Promise<string> {
    return this.call("readlink", path, () => this.#fs.readlink(path));
  }
}
