/**
 * The orders in which git numbers objects and packs, as types that do not mix.
 *
 * They cost nothing at run time. Mixing them up is the classic bug of this field, so a number enters one of them only where its
 * meaning is known: `3 as IdxPosition`.
 */

declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

/** Position of an object in an `.idx` file: the rank of its id among the pack's ids. */
export type IdxPosition = Branded<"IdxPosition">;
/** Position of an object in a pack: the rank of its offset among the pack's offsets. */
export type PackPosition = Branded<"PackPosition">;
/** Position of an object in one MIDX file: the rank of its id in that layer alone. */
export type LayerPosition = Branded<"LayerPosition">;
/** Position of an object in a MIDX chain: objects of the layers below plus its {@link LayerPosition}. */
export type MidxPosition = Branded<"MidxPosition">;
/** Rank in the (global) pseudo-pack order: which bit of a MIDX bitmap stands for the object. */
export type BitPosition = Branded<"BitPosition">;
/** Number of a pack in one MIDX file, in the order of its PNAM chunk. */
export type LayerPackId = Branded<"LayerPackId">;
/** Number of a pack in a MIDX chain: packs of the layers below plus its {@link LayerPackId}. */
export type PackId = Branded<"PackId">;
