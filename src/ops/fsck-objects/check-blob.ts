/** git's checks of the blobs that it reads itself: `.gitmodules` and `.gitattributes`. */

import { isGitmidxError } from "../../core/errors.js";
import { parseConfig } from "../../store/config/parse.js";
import type { FsckMessageId } from "./messages.js";
import { isGoodSubmoduleName, isGoodSubmoduleUrl, looksLikeOption } from "./submodule-url.js";

/** Takes a finding. */
type Report = (id: FsckMessageId, text: string) => unknown;

/** Bytes of the largest `.gitattributes` that git reads. */
const maxAttributesByteLength = 100 * 1024 * 1024;
/** Bytes of a line that is too long for git. */
const tooLongLine = 2048;
const newline = 0x0a;

/** Checks a `.gitmodules`. @param bytes undefined for a blob too large to be held. */
export function checkGitmodules(bytes: Uint8Array | undefined, report: Report): void {
  if (bytes === undefined) {
    report("gitmodulesLarge", ".gitmodules too large to parse");
    return;
  }
  try {
    for (const { key, value } of parseConfig(bytes, ".gitmodules")) checkVariable(key, value, report);
  } catch (error) {
    if (!isGitmidxError(error, "bad-config")) throw error;
    report("gitmodulesParse", "could not parse gitmodules blob");
  }
}

function checkVariable(key: string, value: string | undefined, report: Report): void {
  const [, name, variable] = /^submodule\.(.*)\.([^.]*)$/s.exec(key) ?? [];
  if (name === undefined) return;
  if (!isGoodSubmoduleName(name)) report("gitmodulesName", `disallowed submodule name: ${name}`);
  if (value === undefined) return;
  if (variable === "url" && !isGoodSubmoduleUrl(value)) report("gitmodulesUrl", `disallowed submodule url: ${value}`);
  if (variable === "path" && looksLikeOption(value)) report("gitmodulesPath", `disallowed submodule path: ${value}`);
  if (variable === "update" && value.startsWith("!"))
    report("gitmodulesUpdate", `disallowed submodule update setting: ${value}`);
}

/** Checks a `.gitattributes`. @param bytes undefined for a blob too large to be held. */
export function checkGitattributes(bytes: Uint8Array | undefined, report: Report): void {
  if (bytes === undefined || bytes.length > maxAttributesByteLength) {
    report("gitattributesLarge", ".gitattributes too large to parse");
    return;
  }
  // As in C, a NUL ends the text.
  const nul = bytes.indexOf(0);
  const end = nul < 0 ? bytes.length : nul;
  for (let at = 0; at < end; ) {
    const found = bytes.indexOf(newline, at);
    const lineEnd = found < 0 || found > end ? end : found;
    if (lineEnd - at >= tooLongLine) {
      report("gitattributesLineLength", ".gitattributes has too long lines to parse");
      return;
    }
    at = lineEnd + 1;
  }
}
