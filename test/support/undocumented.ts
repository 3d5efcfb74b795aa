export const undocumented = 1;
/** A name that is told about. */
export const documented = 2;
