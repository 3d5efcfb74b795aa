/** Histories made through `git fast-import`. */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";

/** A file of a commit. */
export interface CommittedFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A commit that replaces what is in one folder. */
export interface FolderCommit {
  readonly folder: string;
  readonly message: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly files: Iterable<CommittedFile>;
}

/** A path as fast-import reads it whatever is in it. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

/** Writes commits to `git fast-import`. */
export class HistoryImport {
  readonly #child: ChildProcess;
  readonly #end: Promise<unknown[]>;
  /** Marks of blobs by their content's hash, so that each is sent once. */
  readonly #blobs = new Map<string, number>();
  #marks = 0;

  constructor(git: string, repository: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn(git, ["fast-import", "--quiet", "--done"], {
      cwd: repository,
      env,
      stdio: ["pipe", "ignore", "inherit"],
    });
    this.#end = once(this.#child, "close");
  }

  async add(commit: FolderCommit): Promise<void> {
    const lines: string[] = [];
    for (const { path, content } of commit.files) {
      lines.push(`M 100644 :${await this.#blob(content)} ${quoted(`${commit.folder}/${path}`)}\n`);
    }
    const message = Buffer.from(commit.message);
    const person = `A U Thor <author@example.com> ${commit.time} +0000`;
    const head = `commit refs/heads/main\nauthor ${person}\ncommitter ${person}\ndata ${message.length}\n`;
    await this.#write(`${head}${commit.message}\nD ${quoted(commit.folder)}\n${lines.join("")}\n`);
  }

  async finish(): Promise<void> {
    await this.#write("done\n");
    this.#child.stdin?.end();
    const [status] = await this.#end;
    if (status !== 0) throw new Error(`git fast-import ended with ${status}`);
  }

  async #blob(content: Uint8Array): Promise<number> {
    const key = createHash("sha1").update(content).digest("binary");
    let mark = this.#blobs.get(key);
    if (mark === undefined) {
      mark = ++this.#marks;
      this.#blobs.set(key, mark);
      await this.#write(`blob\nmark :${mark}\ndata ${content.length}\n`);
      await this.#write(content);
      await this.#write("\n");
    }
    return mark;
  }

  async #write(data: string | Uint8Array): Promise<void> {
    const { stdin } = this.#child;
    if (stdin?.write(data) === false) await Promise.race([once(stdin, "drain"), this.#end]);
  }
}
