/** Marks that a walk leaves on objects; the columns of the object table hold their sum. */

/** Not wanted, and nothing that is reached from it. */
export const uninterestingMark = 1;
/** Was put into a list, or shown. */
export const seenMark = 2;
/** A commit that was given out, or an edge that was told. */
export const shownMark = 4;
/** A commit whose parents were looked at. */
export const addedMark = 8;
/** Was found on the way rather than asked for: filters apply to it. */
export const foundMark = 16;
/** A commit that was read. */
export const parsedMark = 32;
/** A commit that could not be read. */
export const missingMark = 64;
/** A commit of which a child was given out. */
export const childShownMark = 128;
/** A commit at the boundary. */
export const boundaryMark = 256;
/** A tree that was shown, but is to be looked at again under other paths. */
export const revisitMark = 512;
/** For searches among commits. */
export const firstSideMark = 1024;
export const secondSideMark = 2048;
export const staleMark = 4096;
export const resultMark = 8192;
/** Reached from the left side of `A...B`. */
export const leftMark = 16384;
