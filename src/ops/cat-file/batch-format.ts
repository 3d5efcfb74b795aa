/** The format of `--batch` and its like: text with `%(atom)`s, `%%` for a percent sign. */

import { bytesOfName } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";

/** What can stand between `%(` and `)`. */
export type Atom = "objectname" | "objecttype" | "objectsize" | "objectsize:disk" | "deltabase" | "objectmode" | "rest";

const atoms: readonly Atom[] = [
  "objectname",
  "objecttype",
  "objectsize",
  "objectsize:disk",
  "deltabase",
  "objectmode",
  "rest",
];

/** The format where none is given. */
export const defaultFormat = "%(objectname) %(objecttype) %(objectsize)";

/** A piece of a format: text as it stands, or an atom. */
export type FormatPart = { readonly text: Uint8Array } | { readonly atom: Atom };

/** A parsed format. */
export class BatchFormat {
  readonly parts: readonly FormatPart[];
  /** Whether it is the default one, for which there is a fast way. */
  readonly isDefault: boolean;
  readonly #atoms: ReadonlySet<Atom>;

  /** @throws GitmidxError `unsupported`, in git's words, for an atom that there is not. */
  constructor(text: string = defaultFormat) {
    this.parts = parseParts(text);
    this.isDefault = text === defaultFormat;
    this.#atoms = new Set(this.parts.flatMap((part) => ("atom" in part ? [part.atom] : [])));
  }

  /** Whether an atom occurs. */
  uses(atom: Atom): boolean {
    return this.#atoms.has(atom);
  }

  /** Whether the object must be found at all. */
  get needsObject(): boolean {
    return [...this.#atoms].some((atom) => atom !== "objectname" && atom !== "rest" && atom !== "objectmode");
  }
}

function parseParts(text: string): readonly FormatPart[] {
  const parts: FormatPart[] = [];
  let literal = "";
  const end = () => {
    if (literal !== "") parts.push({ text: bytesOfName(literal) });
    literal = "";
  };
  for (let at = 0; at < text.length; ) {
    const percent = text.indexOf("%", at);
    if (percent < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, percent);
    at = percent + 1;
    if (text[at] === "%" || text[at] !== "(") {
      literal += "%";
      if (text[at] === "%") at++;
      continue;
    }
    const close = text.indexOf(")", at);
    const name = close < 0 ? undefined : text.slice(at + 1, close);
    const atom = atoms.find((known) => known === name);
    if (atom === undefined) throw badFormat(text.slice(at));
    end();
    parts.push({ atom });
    at = close + 1;
  }
  end();
  return parts;
}

function badFormat(rest: string): GitmidxError {
  const close = rest.indexOf(")");
  const message =
    close < 0
      ? `bad cat-file format: element '${rest}' does not end in ')'`
      : `bad cat-file format: %${rest.slice(0, close + 1)}`;
  return new GitmidxError("unsupported", message);
}
