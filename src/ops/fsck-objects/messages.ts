/** What git's fsck can say of an object or a ref (git-fsck, "fsck messages"): the ids, and how grave each is unless configured otherwise. */

/**
 * How grave a finding is. `fatal` is an error that cannot be made less; `info` is shown as a warning and stays one where warnings count as
 * errors; `ignore` is not shown.
 */
export type FsckSeverity = "fatal" | "error" | "warn" | "info" | "ignore";

/** Every message of git 2.55 with its severity. Those of refs are here because `--strict=ID=SEVERITY` takes them too. */
export const fsckMessages = {
  nulInHeader: "fatal",
  unterminatedHeader: "fatal",
  badHeaderContinuation: "error",
  badDate: "error",
  badDateOverflow: "error",
  badEmail: "error",
  badGpgsig: "error",
  badHeadTarget: "error",
  badName: "error",
  badObjectSha1: "error",
  badPackedRefEntry: "error",
  badPackedRefHeader: "error",
  badParentSha1: "error",
  badReferentName: "error",
  badRefContent: "error",
  badRefFiletype: "error",
  badRefName: "error",
  badRefOid: "error",
  badTimezone: "error",
  badTree: "error",
  badTreeSha1: "error",
  badType: "error",
  duplicateEntries: "error",
  gitattributesBlob: "error",
  gitattributesLarge: "error",
  gitattributesLineLength: "error",
  gitattributesMissing: "error",
  gitmodulesBlob: "error",
  gitmodulesLarge: "error",
  gitmodulesMissing: "error",
  gitmodulesName: "error",
  gitmodulesPath: "error",
  gitmodulesSymlink: "error",
  gitmodulesUpdate: "error",
  gitmodulesUrl: "error",
  missingAuthor: "error",
  missingCommitter: "error",
  missingEmail: "error",
  missingNameBeforeEmail: "error",
  missingObject: "error",
  missingSpaceBeforeDate: "error",
  missingSpaceBeforeEmail: "error",
  missingTag: "error",
  missingTagEntry: "error",
  missingTree: "error",
  missingType: "error",
  missingTypeEntry: "error",
  multipleAuthors: "error",
  packedRefEntryNotTerminated: "error",
  packedRefUnsorted: "error",
  treeNotSorted: "error",
  unknownType: "error",
  zeroPaddedDate: "error",
  badReftableTableName: "warn",
  emptyName: "warn",
  fullPathname: "warn",
  hasDot: "warn",
  hasDotdot: "warn",
  hasDotgit: "warn",
  largePathname: "warn",
  nullSha1: "warn",
  nulInCommit: "warn",
  zeroPaddedFilemode: "warn",
  badFilemode: "info",
  badTagName: "info",
  emptyPackedRefsFile: "info",
  gitattributesSymlink: "info",
  gitignoreSymlink: "info",
  gitmodulesParse: "info",
  mailmapSymlink: "info",
  missingTaggerEntry: "info",
  refMissingNewline: "info",
  symlinkRef: "info",
  symrefTargetIsNotARef: "info",
  trailingRefContent: "info",
  extraHeaderEntry: "ignore",
} as const satisfies Readonly<Record<string, FsckSeverity>>;

/** The id of a message, as git shows it. */
export type FsckMessageId = keyof typeof fsckMessages;

const idsByLowerCase = new Map<string, FsckMessageId>(
  (Object.keys(fsckMessages) as FsckMessageId[]).map((id) => [id.toLowerCase(), id]),
);

/** The id that `text` spells in lower case. */
export function fsckMessageId(text: string): FsckMessageId | undefined {
  return idsByLowerCase.get(text);
}
