/** The version of this package. */

import { readFileSync } from "node:fs";

/** The version in package.json, which stands above `dist` wherever the package is installed. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** What `--version` and `version` print first. */
export function versionLine(): string {
  return `gitmidx version ${packageVersion()}\n`;
}
