/** The four types of objects, as names and as the numbers that packs and bitmaps give them. */

/** What git calls an object's type. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** A type as a pack entry has it: 1 commit, 2 tree, 3 blob, 4 tag. */
export type ObjectTypeCode = 1 | 2 | 3 | 4;

export const commitCode = 1;
export const treeCode = 2;
export const blobCode = 3;
export const tagCode = 4;

/** The names in the order of their codes, from 1. */
export const objectTypes: readonly ObjectType[] = ["commit", "tree", "blob", "tag"];

/** The name of a type. */
export function objectTypeName(code: ObjectTypeCode): ObjectType {
  return objectTypes[code - 1]!;
}

/** The code of a name; undefined for a text that names no type. */
export function objectTypeCode(name: string): ObjectTypeCode | undefined {
  const index = (objectTypes as readonly string[]).indexOf(name);
  return index < 0 ? undefined : ((index + 1) as ObjectTypeCode);
}
