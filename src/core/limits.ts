/** The bounds that keep memory and work finite whatever a file claims. */

/** Largest offset or size this library handles: the integers that a number holds exactly. */
export const maxOffset = Number.MAX_SAFE_INTEGER;

/** Bytes a page of the page cache holds. */
export const pageByteLength = 4096;

/** Bytes all cached pages and wholly loaded files of one object directory may take together, unless told otherwise. */
export const defaultCacheByteLength = 2 ** 30;

/** Bytes read at a time where a file is read from front to end. */
export const windowByteLength = 1 << 20;

/** Items between two looks at the clock and the abort signal in long work. */
export const tickInterval = 4096;

/** Layers of a chain that are read; every lookup asks each of them, so that chains in use have a few dozen at most. */
export const maxChainLayers = 4096;
