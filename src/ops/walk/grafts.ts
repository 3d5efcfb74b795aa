/** Commits that have other parents than they say: those where a shallow history ends, and git's old `info/grafts`. */

import { OidSet } from "../../bytes/oid-set.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat, oidFromHex } from "../../core/oid.js";
import type { PackFs } from "../../store/pack-fs.js";

/** The parents that a commit has instead of its own. */
export interface Graft {
  /** Ids, one behind the other. */
  readonly parents: Uint8Array;
  readonly count: number;
}

const noParents: Graft = { parents: new Uint8Array(0), count: 0 };

/** The commits whose parents are not what they say. */
export class Grafts {
  readonly #format: ObjectFormat;
  readonly #ids: OidSet;
  readonly #grafts: Graft[] = [];
  #shallowCount = 0;

  constructor(format: ObjectFormat) {
    this.#format = format;
    this.#ids = new OidSet(format.byteLength);
  }

  /** Whether every commit has the parents that it says. */
  get isEmpty(): boolean {
    return this.#grafts.length === 0;
  }

  /** Whether history ends early anywhere. */
  get isShallow(): boolean {
    return this.#shallowCount > 0;
  }

  /** What a commit has for parents; undefined if what it says counts. */
  of(oid: Uint8Array): Graft | undefined {
    if (this.#grafts.length === 0) return undefined;
    const row = this.#ids.find(oid);
    return row < 0 ? undefined : this.#grafts[row];
  }

  /** Lets history end at a commit, whatever graft it had. */
  addShallow(oid: Uint8Array): void {
    this.#shallowCount++;
    this.#add(oid, noParents, true);
  }

  /**
   * Takes the lines of a `shallow` file: an id each.
   * @throws GitmidxError `bad-object-id`
   */
  addShallowLines(text: string): void {
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const hex = line.slice(0, this.#format.hexLength);
      if (hex.length < this.#format.hexLength || !isHex(hex)) {
        throw new GitmidxError("bad-object-id", `bad shallow line: ${line}`);
      }
      this.addShallow(oidFromHex(hex, this.#format));
    }
  }

  /**
   * Takes the lines of `info/grafts`: a commit and its parents each.
   * @returns git's messages on lines that are left aside.
   */
  addGraftLines(text: string): readonly string[] {
    const problems: string[] = [];
    for (const whole of text.split("\n")) {
      const line = whole.trimEnd();
      if (line === "" || line.startsWith("#")) continue;
      const hexes = line.split(/[ \t\r\v\f]/);
      if (hexes.some((hex) => hex.length !== this.#format.hexLength || !isHex(hex))) {
        problems.push(`bad graft data: ${line}`);
        continue;
      }
      const [oid, ...parents] = hexes.map((hex) => oidFromHex(hex, this.#format));
      const joined = new Uint8Array(parents.length * this.#format.byteLength);
      for (const [i, parent] of parents.entries()) joined.set(parent, i * this.#format.byteLength);
      const fresh = this.#add(oid!, { parents: joined, count: parents.length }, false);
      if (!fresh) problems.push(`duplicate graft data: ${line}`);
    }
    return problems;
  }

  #add(oid: Uint8Array, graft: Graft, replace: boolean): boolean {
    const row = this.#ids.add(oid);
    if (row >= 0) this.#grafts.push(graft);
    else if (replace) this.#grafts[-1 - row] = graft;
    return row >= 0;
  }
}

/** Where grafts are found. */
export interface GraftPlaces {
  /** The repository's common directory, an absolute path. */
  readonly commonDir: string;
  /** `--shallow-file`: a file in place of `shallow`; an empty name means none. */
  readonly shallowFile?: string | undefined;
  /** GIT_GRAFT_FILE: a file in place of `info/grafts`; an empty name means none. */
  readonly graftFile?: string | undefined;
}

/** Reads the grafts of a repository. @param warn told of lines that git would leave aside. */
export async function readGrafts(
  fs: PackFs,
  format: ObjectFormat,
  places: GraftPlaces,
  warn: (message: string) => void = () => {},
): Promise<Grafts> {
  const grafts = new Grafts(format);
  const graftFile = places.graftFile ?? `${places.commonDir}/info/grafts`;
  const old = graftFile === "" ? undefined : await readIfThere(fs, graftFile);
  if (old !== undefined) for (const problem of grafts.addGraftLines(old)) warn(problem);
  const shallowFile = places.shallowFile ?? `${places.commonDir}/shallow`;
  const shallow = shallowFile === "" ? undefined : await readIfThere(fs, shallowFile);
  if (shallow !== undefined) grafts.addShallowLines(shallow);
  return grafts;
}

async function readIfThere(fs: PackFs, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await fs.readFile(path));
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return undefined;
    throw error;
  }
}
