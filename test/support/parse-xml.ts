/** A small parser for well-formed XML without doctypes: enough to read a report back. */

import assert from "node:assert/strict";

/** An element with its attributes, elements and the text directly in it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly elements: readonly XmlElement[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

function decoded(text: string): string {
  assert.ok(!text.includes("<"), `< in ${text}`);
  return text.replace(/&(#\d+|[a-z]*);?/g, (whole, name: string) => {
    assert.ok(whole.endsWith(";") && (name.startsWith("#") || name in entities), `no entity: ${whole}`);
    return name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : entities[name]!;
  });
}

class Parser {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  take(pattern: RegExp): RegExpExecArray {
    const found = new RegExp(`^(?:${pattern.source})`, pattern.flags).exec(this.#rest);
    assert.ok(found, `wanted ${pattern} at ${this.#rest.slice(0, 80)}`);
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  starts(text: string): boolean {
    return this.#rest.startsWith(text);
  }

  element(): XmlElement {
    const [, name = ""] = this.take(/<([A-Za-z-]+)/);
    const attributes: Record<string, string> = {};
    while (!this.starts(">") && !this.starts("/>")) {
      const [, key = "", value = ""] = this.take(/\s+([A-Za-z-]+)="([^"]*)"/);
      assert.ok(!(key in attributes), `${key} stands twice`);
      attributes[key] = decoded(value);
    }
    if (this.take(/\/?>/)[0] === "/>") return { name, attributes, elements: [], text: "" };
    const elements: XmlElement[] = [];
    let text = "";
    while (!this.starts("</")) {
      text += decoded(this.take(/[^<]*/)[0]);
      if (this.starts("<") && !this.starts("</")) elements.push(this.element());
    }
    this.take(new RegExp(`</${name}>`));
    return { name, attributes, elements, text };
  }
}

/** The root element. @throws AssertionError for text that is not well-formed. */
export function parseXml(text: string): XmlElement {
  assert.doesNotMatch(text, forbidden);
  const parser = new Parser(text);
  parser.take(/<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  const root = parser.element();
  parser.take(/\n$/);
  return root;
}
