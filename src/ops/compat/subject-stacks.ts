/** The multi-pack-indexes of a repository's object directories, and whether a git sees them. */

import type { MidxObject, MidxStack } from "../../store/midx-stack.js";
import { openMidxStack } from "../../store/midx-stack.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { CompatSubject } from "./check.js";
import type { Git, GitPlace, GitVersion } from "./git.js";

/** The oldest git that knows chains. */
export const chainsSince: GitVersion = [2, 47];
/** The oldest git that knows version 2. */
export const version2Since: GitVersion = [2, 54];

/** One directory's. */
export interface SubjectStack {
  readonly directory: ObjectDirectory;
  readonly stack: MidxStack | undefined;
}

/** All of them, in the order of the directories. Close them when done. */
export class SubjectStacks {
  readonly entries: readonly SubjectStack[];

  private constructor(entries: readonly SubjectStack[]) {
    this.entries = entries;
  }

  /** @throws GitmidxError if one is there but cannot be read. */
  static async open(subject: CompatSubject): Promise<SubjectStacks> {
    const entries: SubjectStack[] = [];
    try {
      for (const directory of subject.directories) entries.push({ directory, stack: await openMidxStack(directory) });
    } catch (error) {
      new SubjectStacks(entries).close();
      throw error;
    }
    return new SubjectStacks(entries);
  }

  /** Objects in all of them. */
  get objectCount(): number {
    return this.entries.reduce((sum, { stack }) => sum + (stack?.objectCount ?? 0), 0);
  }

  /** The object as the first directory whose multi-pack-index has it knows it. */
  find(oid: Uint8Array): MidxObject | undefined {
    for (const { stack } of this.entries) {
      const found = stack?.findObject(oid);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  close(): void {
    for (const { stack } of this.entries) stack?.close();
  }
}

/** Why that git does not read one of the multi-pack-indexes, or reads none; undefined if it reads them all. */
export function blindness(git: Git, subject: CompatSubject, stacks: SubjectStacks): string | undefined {
  if (!subject.usesMidx) return "core.multiPackIndex is false";
  const present = stacks.entries.flatMap(({ stack }) => stack ?? []);
  if (present.some(({ kind }) => kind === "chain") && !git.isAtLeast(chainsSince)) {
    return `a chain needs git ${chainsSince.join(".")}`;
  }
  const hasVersion2 = present.some(({ layers }) => layers.some(({ view }) => view.version === 2));
  if (hasVersion2 && !git.isAtLeast(version2Since)) {
    return `a multi-pack-index of version 2 needs git ${version2Since.join(".")}`;
  }
  return undefined;
}

/** The place with the multi-pack-index turned off: an old git dies of one that it does not know. */
export function withoutMidx(place: GitPlace): GitPlace {
  return { ...place, args: [...place.args, "-c", "core.multiPackIndex=false"] };
}
