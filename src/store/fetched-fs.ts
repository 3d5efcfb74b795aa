/**
 * A file system of files that are fetched piece by piece from somewhere that answers later: a browser's Files, an HTTP server, object
 * storage. It can only be read, and only the ranges that are needed are fetched.
 */

import { FetchedSource, type FetchRange, PageCache } from "../bytes/paged-source.js";
import type { ByteSource } from "../bytes/source.js";
import { GitmidxError } from "../core/errors.js";
import type { DirectoryEntry, FileStat, PackFs, WritableFile } from "./pack-fs.js";

/** One file, as far as it must be known before it is read. */
export interface FetchedFile {
  /** Size in bytes. */
  readonly size: number;
  /** Fetches exactly that range, which lies inside the file. */
  readonly fetch: FetchRange;
}

/** Where the files come from. Paths are relative to the object directory: `pack/multi-pack-index`. */
export interface FetchedFiles {
  /** The file at that path; undefined if there is none. Asked once for each path. */
  open(path: string): Promise<FetchedFile | undefined>;
  /** The names of the files in a directory: needed to find packs that no multi-pack-index names. None unless given. */
  list?(path: string): Promise<readonly string[]>;
}

/** How a {@link FetchedFs} keeps what it fetched. */
export interface FetchedFsOptions {
  /** The cache that the files share; one of the default size unless given. */
  readonly cache?: PageCache | undefined;
}

/** The directories in an object directory, which no server need be asked about: it may have strange answers. */
const directoryPath = /^(|info|pack|pack\/multi-pack-index\.d|[0-9a-f]{2})$/;

/** {@link PackFs} over {@link FetchedFiles}; its root is the object directory. Its sources are for use inside `withRanges`. */
export class FetchedFs implements PackFs {
  readonly #files: FetchedFiles;
  readonly #cache: PageCache;
  readonly #opened = new Map<string, Promise<FetchedFile | undefined>>();
  #bytesFetched = 0;

  constructor(files: FetchedFiles, { cache }: FetchedFsOptions = {}) {
    this.#files = files;
    this.#cache = cache ?? new PageCache();
  }

  /** Bytes fetched so far, of all files. */
  get bytesFetched(): number {
    return this.#bytesFetched;
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    const names = (await this.#files.list?.(relative(path))) ?? [];
    return names.toSorted().map((name) => ({ name, kind: "file" }));
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const common = { mtime: 0, uid: undefined, identity: undefined };
    if (directoryPath.test(relative(path))) return { ...common, kind: "directory", size: 0, mode: 0o555 };
    const file = await this.#open(path);
    return file && { ...common, kind: "file", size: file.size, mode: 0o444 };
  }

  lstat(path: string): Promise<FileStat | undefined> {
    return this.stat(path);
  }

  async readFile(path: string): Promise<Uint8Array> {
    const { size, fetch } = await this.#openFound(path);
    return size === 0 ? new Uint8Array(0) : fetch(0, size);
  }

  async openSource(path: string): Promise<ByteSource> {
    const { size, fetch } = await this.#openFound(path);
    return new FetchedSource(path, size, fetch, this.#cache);
  }

  async realpath(path: string): Promise<string> {
    return path;
  }

  create(path: string): Promise<WritableFile> {
    return refuse("create", path);
  }

  rename(from: string): Promise<void> {
    return refuse("rename", from);
  }

  link(from: string): Promise<void> {
    return refuse("link", from);
  }

  unlink(path: string): Promise<void> {
    return refuse("unlink", path);
  }

  mkdir(path: string): Promise<void> {
    return refuse("create directory", path);
  }

  rmdir(path: string): Promise<void> {
    return refuse("remove directory", path);
  }

  chmod(path: string): Promise<void> {
    return refuse("set the permissions of", path);
  }

  touch(path: string): Promise<void> {
    return refuse("set the times of", path);
  }

  syncDirectory(path: string): Promise<void> {
    return refuse("sync", path);
  }

  async readlink(path: string): Promise<string> {
    throw new GitmidxError("io", `unable to read the link '${path}': Invalid argument`, { path });
  }

  #open(path: string): Promise<FetchedFile | undefined> {
    let opened = this.#opened.get(path);
    if (opened === undefined) {
      opened = this.#files.open(relative(path)).then((file) => file && this.#counted(file));
      this.#opened.set(path, opened);
    }
    return opened;
  }

  async #openFound(path: string): Promise<FetchedFile> {
    const file = await this.#open(path);
    if (file !== undefined) return file;
    throw new GitmidxError("not-found", `unable to open '${path}': No such file or directory`, { path });
  }

  #counted({ size, fetch }: FetchedFile): FetchedFile {
    return {
      size,
      fetch: async (offset, byteLength) => {
        const bytes = await fetch(offset, byteLength);
        this.#bytesFetched += bytes.length;
        return bytes;
      },
    };
  }
}

function relative(path: string): string {
  return path.replace(/^\/+/, "");
}

async function refuse(action: string, path: string): Promise<never> {
  throw new GitmidxError("read-only", `unable to ${action} '${path}': Read-only file system`, { path });
}
