/** The objects and names of the repository that a command works on. */

import { type OpenRevisions, openRevisions } from "../ops/resolve-revision/open-revisions.js";
import type { RevisionNote } from "../ops/resolve-revision/revision.js";
import type { Repository } from "../repository.js";
import type { CommandContext } from "./command.js";
import { message } from "./exit-status.js";
import { openContextRepository } from "./open-repository.js";

/** What a command reads. Close it when done. */
export interface ContextRevisions {
  readonly repository: Repository;
  readonly revisions: OpenRevisions;
  close(): Promise<void>;
}

/**
 * Opens them. What git would say while it resolves names goes to standard error.
 * @param reading whether replace refs are followed, unless the command line or the environment switch them off.
 * @throws GitmidxError as `openContextRepository` and `openRevisions`
 */
export async function openContextRevisions(
  context: Pick<CommandContext, "cwd" | "env" | "gitSettings" | "stderr">,
  reading: "replaced" | "as stored" = "replaced",
): Promise<ContextRevisions> {
  const { env, cwd, stderr } = context;
  const { repository } = await openContextRepository(context, undefined);
  const tell = (note: RevisionNote) => void stderr.write(noteText(note)).catch(() => undefined);
  const isOff = reading === "as stored" || env.GIT_NO_REPLACE_OBJECTS !== undefined;
  const { fs, format, config, directories, refs } = repository;
  const places = { ...repository.places, cwd, indexFile: env.GIT_INDEX_FILE };
  const revisions = await openRevisions(
    { fs, format, config, directories, refs, places },
    { tell, useReplaceRefs: isOff ? false : undefined, replaceRefBase: env.GIT_REPLACE_REF_BASE },
  );
  const close = async () => {
    revisions.close();
    await repository.close();
  };
  return { repository, revisions, close };
}

function noteText({ kind, text }: RevisionNote): string {
  if (kind === "plain") return `${text}\n`;
  if (kind !== "hint") return message(kind, text);
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => `hint:${line === "" ? "" : " "}${line}\n`).join("");
}
