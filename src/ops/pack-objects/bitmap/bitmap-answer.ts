/** What bitmaps have answered to the question of what is to be packed, beside the objects that were listed for it. */

import type { ReachResult } from "../../reach/reach-result.js";
import type { ListedPlaces } from "../listed-places.js";
import { now } from "../select/known-packs.js";
import type { ReusePlan } from "./reuse-plan.js";

/** Close it when the packs are made. */
export class BitmapAnswer {
  /** What is taken over as it lies in its pack, and is not listed. */
  readonly reuse: ReusePlan | undefined;
  /** Where what is listed lies. */
  readonly places: ListedPlaces;
  readonly result: ReachResult;

  constructor(result: ReachResult, places: ListedPlaces, reuse: ReusePlan | undefined) {
    this.result = result;
    this.places = places;
    this.reuse = reuse;
  }

  /** How many objects are taken over. */
  get reusedCount(): number {
    return this.reuse?.count ?? 0;
  }

  /** Whether an object is taken over. */
  isReused(oid: Uint8Array): boolean | Promise<boolean> {
    const { reuse, result } = this;
    if (reuse === undefined) return false;
    return now(() => {
      const bit = result.order.bitOf(oid);
      return bit >= 0 && reuse.bits.has(bit);
    });
  }

  /** Whether the receiver has an object: what it is known to have reaches that. @throws NeedRange */
  isWithReceiver(oid: Uint8Array): boolean {
    const { unwanted } = this.result;
    if (unwanted === undefined) return false;
    const bit = this.result.bitOf(oid);
    return bit >= 0 && unwanted.has(bit);
  }

  close(): void {
    this.result.index.close();
  }
}
