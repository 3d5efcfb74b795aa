/** What `gitmidx show` is asked to show. */

import { GitmidxError } from "../core/errors.js";
import { type ObjectFormat, sha1 } from "../core/oid.js";
import type { FileEntry } from "../ops/inspect/file-entries.js";
import type { FileReport } from "../ops/inspect/file-report.js";
import { inspectDirectory, packDirectoryOf } from "../ops/inspect/inspect-directory.js";
import { inspectFile } from "../ops/inspect/inspect-file.js";
import { objectsById } from "../ops/list-objects/by-id.js";
import { openMidxStack } from "../store/midx-stack.js";
import { NodeFs } from "../store/node-fs.js";
import { ObjectDirectory } from "../store/object-directory.js";
import { detectObjectFormat } from "../store/object-format.js";
import type { PackFs } from "../store/pack-fs.js";
import { parentDirectory } from "../store/paths.js";
import type { CommandContext } from "./command.js";
import { openContextRepository } from "./open-repository.js";

/** One file. */
interface ShownFile {
  readonly kind: "file";
  readonly fs: PackFs;
  readonly path: string;
  readonly reports: AsyncIterable<FileReport>;
}

/** A directory of packs. */
interface ShownDirectory {
  readonly kind: "directory";
  readonly packDirectory: string;
  readonly reports: AsyncIterable<FileReport>;
  /** The objects of the multi-pack-index in effect, with global pack numbers. */
  entries(): AsyncIterable<readonly FileEntry[]>;
}

export type Shown = ShownFile | ShownDirectory;

/**
 * Finds what `given` means: a file, a directory with packs, an object directory, or a directory in a repository; without it, the
 * repository that the command line and the environment mean.
 * @throws GitmidxError `not-found`, or as `openContextRepository`
 */
export async function findShown(
  context: CommandContext,
  given: string | undefined,
  objectDir: string | undefined,
): Promise<Shown> {
  const fs = new NodeFs();
  if (given === undefined) return shownRepository(fs, context, objectDir);
  const path = context.resolve(given);
  const stat = await fs.stat(path);
  if (stat === undefined)
    throw new GitmidxError("not-found", `unable to open '${given}': No such file or directory`, { path });
  if (stat.kind !== "directory") return { kind: "file", fs, path, reports: oneReport(fs, path) };
  const packDirectory = await packDirectoryOf(fs, path);
  if (packDirectory !== undefined) return shownDirectory(fs, packDirectory, context.signal);
  // What the directory itself is counts, not what the environment says of another one.
  const env = { ...context.env, GIT_DIR: undefined, GIT_OBJECT_DIRECTORY: undefined };
  const gitSettings = { ...context.gitSettings, gitDir: undefined, workTree: undefined, bare: false };
  return shownRepository(
    fs,
    { stderr: context.stderr, signal: context.signal, cwd: path, env, gitSettings },
    undefined,
  );
}

async function* oneReport(fs: PackFs, path: string): AsyncGenerator<FileReport> {
  yield await inspectFile(fs, path);
}

type Place = Pick<CommandContext, "cwd" | "env" | "gitSettings" | "stderr" | "signal">;

async function shownRepository(fs: PackFs, context: Place, objectDir: string | undefined): Promise<Shown> {
  const { repository, directory } = await openContextRepository(context, objectDir);
  return shownDirectory(fs, `${directory}/pack`, context.signal, repository.format);
}

async function shownDirectory(
  fs: PackFs,
  packDirectory: string,
  signal: AbortSignal,
  known?: ObjectFormat,
): Promise<ShownDirectory> {
  const objectDirectory = parentDirectory(packDirectory);
  const format = known ?? (await detectObjectFormat(fs, objectDirectory));
  return {
    kind: "directory",
    packDirectory,
    reports: inspectDirectory(fs, packDirectory, { format, signal }),
    async *entries() {
      if (packDirectory !== `${objectDirectory}/pack`) {
        const message = `--objects needs a file or an object directory; '${packDirectory}' is not the directory 'pack' of one`;
        throw new GitmidxError("not-found", message, { path: packDirectory });
      }
      const stack = await openMidxStack(new ObjectDirectory(fs, objectDirectory, format ?? sha1));
      if (stack === undefined) return;
      try {
        for await (const batch of objectsById(stack, { signal })) {
          yield batch.map(({ oid, offset, packId, packName }) => ({ oid, offset, packNumber: packId, pack: packName }));
        }
      } finally {
        stack.close();
      }
    },
  };
}
