/**
 * The folder in which git and we write: repositories that have the packs of the one that is compared, by hard links where the file system
 * allows them and by symbolic links elsewhere, so that nothing large is copied and nothing of the original is written.
 */

import type { ByteSource } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { packHeaderByteLength } from "../../formats/pack-frame.js";
import { listNames, ObjectDirectory, type PackFile } from "../../store/object-directory.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { ScratchFs } from "../../store/scratch-fs.js";
import type { GitPlace } from "./git.js";

/** A repository in the scratch folder. */
export interface ScratchRepository {
  readonly directory: ObjectDirectory;
  /** How a git is run in it: alone, without anybody's configuration. */
  readonly place: GitPlace;
  /** What is between the folder's name and the files' names, to be left out of reports. */
  readonly prefix: string;
}

/** Two repositories with the same packs: we write in one, git in the other. */
export interface Twins {
  readonly ours: ScratchRepository;
  readonly theirs: ScratchRepository;
  /** The packs, by name, with the modification times that they have there. */
  readonly packs: readonly PackFile[];
  /** Packs that are copies with another modification time, because the original's is also another pack's. */
  readonly copies: number;
  /** The same for packs too large to copy: of these there is the header, the trailer and the index, and a hole between. */
  readonly standIns: number;
}

/** Where a {@link Scratch} is made, and from what. */
export interface ScratchOptions {
  /** Where the folder is made. */
  readonly parent: string;
  /** The object directory whose packs it has. */
  readonly original: ObjectDirectory;
  /** The environment of which gits in it get what is not git's. */
  readonly env: GitPlace["env"];
  /** Bytes of packs that are copied at most, where packs have equal modification times. Default 256 MiB. */
  readonly copyLimit?: number;
}

const defaultCopyLimit = 1 << 28;

/** The scratch folder; made when first needed. */
export class Scratch {
  readonly fs: ScratchFs;
  readonly #options: ScratchOptions;
  readonly #original: ObjectDirectory;
  #path: string | undefined;
  #twins: Twins | undefined;
  #mirror: ScratchRepository | undefined;

  constructor(fs: ScratchFs, options: ScratchOptions) {
    this.fs = fs;
    this.#options = options;
    this.#original = options.original;
  }

  /** The path of a file or folder of that name in it. */
  async inside(name: string): Promise<string> {
    this.#path ??= await this.fs.makeScratchFolder(this.#options.parent);
    return `${this.#path}/${name}`;
  }

  /** The twins, without any multi-pack-index. */
  async twins(): Promise<Twins> {
    this.#twins ??= await this.#makeTwins();
    for (const { directory } of [this.#twins.ours, this.#twins.theirs]) await this.removeMidx(directory);
    return this.#twins;
  }

  /** A repository whose packs are the original's with their own times, without any multi-pack-index. */
  async mirror(): Promise<ScratchRepository> {
    if (this.#mirror === undefined) {
      this.#mirror = await this.#makeRepository("mirror");
      const files = await this.#filesByPack();
      for (const { name } of await this.#original.listPacks()) await this.#link(files.get(stemOf(name)), this.#mirror);
    }
    await this.removeMidx(this.#mirror.directory);
    return this.#mirror;
  }

  /** Removes every multi-pack-index file from a scratch repository. */
  async removeMidx(directory: ObjectDirectory): Promise<void> {
    for (const name of await listNames(this.fs, directory.packPath)) {
      if (name.startsWith("multi-pack-index")) await this.fs.removeTree(directory.inPackDirectory(name));
    }
  }

  /** Removes the folder and all that is in it. */
  async remove(): Promise<void> {
    if (this.#path !== undefined) await this.fs.removeTree(this.#path);
  }

  async #makeTwins(): Promise<Twins> {
    const ours = await this.#makeRepository("ours");
    const theirs = await this.#makeRepository("theirs");
    const files = await this.#filesByPack();
    let room = this.#options.copyLimit ?? defaultCopyLimit;
    let copies = 0;
    let standIns = 0;
    for (const { pack, mtime } of distinctTimes(await this.#original.listPacks())) {
      if (mtime === pack.mtime) {
        for (const repository of [ours, theirs]) await this.#link(files.get(stemOf(pack.name)), repository);
        continue;
      }
      const copied = pack.packSize <= room;
      if (copied) room -= pack.packSize;
      await this.#makeYounger(pack, mtime, copied ? "copy" : "stand-in", [ours, theirs]);
      if (copied) copies++;
      else standIns++;
    }
    return { ours, theirs, packs: await ours.directory.listPacks(), copies, standIns };
  }

  /** An empty repository, as much of one as git needs. */
  async #makeRepository(name: string): Promise<ScratchRepository> {
    const gitDir = await this.inside(name);
    const { fs } = this;
    const { format } = this.#original;
    const directory = new ObjectDirectory(fs, `${gitDir}/objects`, format);
    for (const path of [gitDir, `${gitDir}/refs`, directory.path, directory.packPath]) await fs.mkdir(path, 0o777);
    const formatLines = format.name === "sha1" ? "0" : `1\n[extensions]\n\tobjectFormat = ${format.name}`;
    await writeText(fs, `${gitDir}/HEAD`, "ref: refs/heads/main\n");
    await writeText(fs, `${gitDir}/config`, `[core]\n\tbare = true\n\trepositoryFormatVersion = ${formatLines}\n`);
    const place = { cwd: gitDir, env: this.#isolated(gitDir), args: [] };
    return { directory, place, prefix: `${directory.packPath}/` };
  }

  /** The environment without what is git's, in which the repository is named and no configuration of anybody is read. */
  #isolated(gitDir: string): GitPlace["env"] {
    const kept = ["GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"];
    const plain = Object.entries(this.#options.env).filter(([name]) => !name.startsWith("GIT_") || kept.includes(name));
    return {
      ...Object.fromEntries(plain),
      GIT_DIR: gitDir,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      // for gits that do not know GIT_CONFIG_GLOBAL
      HOME: gitDir,
      XDG_CONFIG_HOME: gitDir,
      LC_ALL: "C",
    };
  }

  /** Names of the files of each pack, by their name without extension; bitmaps are left out. */
  async #filesByPack(): Promise<ReadonlyMap<string, readonly string[]>> {
    const files = new Map<string, string[]>();
    for (const name of await listNames(this.#original.fs, this.#original.packPath)) {
      if (name.endsWith(".bitmap")) continue;
      const stem = stemOf(name);
      const names = files.get(stem) ?? [];
      files.set(stem, [...names, name]);
    }
    return files;
  }

  /** Links the files of a pack, the index last: with it the pack is there. */
  async #link(names: readonly string[] | undefined, { directory }: ScratchRepository): Promise<void> {
    const ordered = (names ?? []).toSorted((a, b) => Number(a.endsWith(".idx")) - Number(b.endsWith(".idx")));
    for (const name of ordered) {
      await linkFile(this.fs, this.#original.inPackDirectory(name), directory.inPackDirectory(name));
    }
  }

  /** The pack under another modification time, in all the repositories. */
  async #makeYounger(
    pack: PackFile,
    mtime: number,
    how: "copy" | "stand-in",
    repositories: readonly ScratchRepository[],
  ): Promise<void> {
    const { fs } = this;
    const made = await this.inside(`younger-${pack.name}`);
    const source = await this.#original.fs.openSource(pack.packPath);
    try {
      if (how === "copy") await copySource(fs, source, made);
      else await makeFrame(fs, source, this.#original.format.byteLength, made);
    } finally {
      source.close();
    }
    await fs.setModificationTime(made, mtime);
    for (const { directory } of repositories) {
      await linkFile(fs, made, directory.inPackDirectory(`${stemOf(pack.name)}.pack`));
      await linkFile(fs, pack.idxPath, directory.inPackDirectory(pack.name));
    }
  }
}

async function writeText(fs: PackFs, path: string, text: string): Promise<void> {
  const file = await fs.create(path, 0o666);
  try {
    await file.write(new TextEncoder().encode(text));
  } finally {
    await file.close();
  }
}

async function copySource(fs: PackFs, source: ByteSource, path: string): Promise<void> {
  const file = await fs.create(path, 0o666);
  try {
    for (const window of source.windows(0, source.size)) await file.write(window);
  } finally {
    await file.close();
  }
}

/** What stands before and behind a pack's entries: all that writing and verifying a multi-pack-index look at. */
async function makeFrame(fs: ScratchFs, source: ByteSource, checksumByteLength: number, path: string): Promise<void> {
  const head = source.copy(0, packHeaderByteLength);
  const tail = source.copy(source.size - checksumByteLength, checksumByteLength);
  await fs.createWithHole(path, head, tail, source.size);
}

async function linkFile(fs: ScratchFs, from: string, to: string): Promise<void> {
  let real: string;
  try {
    // A link to a link would end where the relative path of the first one leads from its new place.
    real = await fs.realpath(from);
  } catch (cause) {
    if (!isGitmidxError(cause, "not-found")) throw cause;
    throw new GitmidxError("vanished", `${from} was removed by another process`, { path: from, cause });
  }
  try {
    await fs.link(real, to);
  } catch (error) {
    // Another file system, too many links, or another user's file.
    if (!isGitmidxError(error, "io", "permission-denied")) throw error;
    await fs.symlink(real, to);
  }
}

/** A file's name without its extension. */
function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? name : name.slice(0, dot);
}

/**
 * The packs from the oldest on, each with a modification time that no other has: its own where that is free, else the next one that is.
 * Where two packs are of one second, git's choice between their copies of an object follows the order of the directory.
 */
function distinctTimes(packs: readonly PackFile[]): readonly { pack: PackFile; mtime: number }[] {
  let last = Number.NEGATIVE_INFINITY;
  return packs
    .toSorted((a, b) => a.mtime - b.mtime)
    .map((pack) => {
      last = Math.max(pack.mtime, last + 1);
      return { pack, mtime: last };
    });
}
