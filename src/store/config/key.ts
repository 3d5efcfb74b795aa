/** Names of configuration variables: `section.name` or `section.subsection.name`. */

/** ASCII letters in lower case; all else as it is, as git folds names whatever the locale. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** A variable's name taken apart. */
export interface ConfigKey {
  /** Section and name in lower case, the subsection as it stands: what two keys are compared by. */
  readonly canonical: string;
  readonly section: string;
  /** Undefined for `section.name`; may be empty. */
  readonly subsection: string | undefined;
  readonly name: string;
}

/** Takes a canonical key, as the parser makes them, apart; undefined if it has no section or no name. */
export function splitKey(canonical: string): ConfigKey | undefined {
  const firstDot = canonical.indexOf(".");
  const lastDot = canonical.lastIndexOf(".");
  if (lastDot <= 0 || lastDot === canonical.length - 1) return undefined;
  return {
    canonical,
    section: canonical.slice(0, firstDot),
    subsection: firstDot === lastDot ? undefined : canonical.slice(firstDot + 1, lastDot),
    name: canonical.slice(lastDot + 1),
  };
}

const sectionShape = /^[A-Za-z0-9-]*$/;
const nameShape = /^[A-Za-z][A-Za-z0-9-]*$/;

/** What is wrong with a key that someone wrote, in git's words. */
export interface KeyFault {
  readonly fault: string;
}

/** The canonical form of a key given in text (on a command line, in a call), or what git says against it. */
export function parseKey(text: string): string | KeyFault {
  const lastDot = text.lastIndexOf(".");
  if (lastDot <= 0) return { fault: `key does not contain a section: ${text}` };
  if (lastDot === text.length - 1) return { fault: `key does not contain variable name: ${text}` };
  const firstDot = text.indexOf(".");
  const section = text.slice(0, firstDot);
  const middle = text.slice(firstDot, lastDot + 1);
  const name = text.slice(lastDot + 1);
  if (!sectionShape.test(section)) return { fault: `invalid key: ${text}` };
  if (middle.includes("\n")) return { fault: `invalid key (newline): ${text}` };
  if (!nameShape.test(name)) return { fault: `invalid key: ${text}` };
  return asciiLowerCase(section) + middle + asciiLowerCase(name);
}
