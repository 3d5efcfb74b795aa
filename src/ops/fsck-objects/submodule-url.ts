/** Which names and URLs of submodules git refuses: those that lead out of their place, or smuggle a line end into a request. */

/** Whether a submodule's name is one that git takes: not empty, without `..` between separators of any system. */
export function isGoodSubmoduleName(name: string): boolean {
  return name !== "" && !name.split(/[/\\]/).includes("..");
}

/** Whether git would take a text for an option of a command that it is given to. */
export function looksLikeOption(text: string): boolean {
  return text.startsWith("-");
}

/** Whether a submodule's URL is one that git takes. */
export function isGoodSubmoduleUrl(url: string): boolean {
  if (looksLikeOption(url)) return false;
  if (/^\.{1,2}[/\\]/.test(url) || url.startsWith("git://")) {
    if (decodeUrl(url).includes("\n")) return false;
    return !climbsToHost(url);
  }
  const curlUrl = /^(?:https?|ftps?)::(.*)$/s.exec(url)?.[1] ?? (/^(?:https?|ftps?):\/\//.test(url) ? url : undefined);
  if (curlUrl === undefined) return true;
  // All escapes that are left in a URL in its normal form are those of the given one, or of characters that are no line end.
  return isNormalizableUrl(curlUrl) && !decodeUrl(curlUrl).includes("\n");
}

/** Whether the beginning of a relative URL goes up and then names a host. */
function climbsToHost(url: string): boolean {
  const steps = /^(?:\.{1,2}[/\\])*/.exec(url)![0];
  const next = url[steps.length];
  return steps.includes("..") && (next === ":" || next === "/");
}

/** The URL with its escapes decoded, but for `%00` and what stands before the first colon. */
function decodeUrl(url: string): string {
  const colon = Math.max(0, url.indexOf(":"));
  const decoded = url.slice(colon).replace(/%([0-9a-f]{2})/gi, (whole, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code === 0 ? whole : String.fromCharCode(code);
  });
  return url.slice(0, colon) + decoded;
}

function hasGoodEscapes(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text);
}

/** Whether git's normal form of the URL exists: a scheme, a host, a port in range, sound escapes, no `..` above the root. */
function isNormalizableUrl(url: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url);
  if (scheme === null) return false;
  const rest = url.slice(scheme[0].length);
  const authorityLength = /^[^/?#]*/.exec(rest)![0].length;
  const authority = rest.slice(0, authorityLength);
  const at = authority.indexOf("@");
  if (!hasGoodEscapes(authority.slice(0, Math.max(0, at)))) return false;
  if (!isGoodHost(authority.slice(at + 1), scheme[1]!.toLowerCase() === "file")) return false;
  return isGoodPath(rest.slice(authorityLength));
}

function isGoodHost(host: string, isFile: boolean): boolean {
  const [, name, port] = /^(.*?)(?::([^:\]]*))?$/s.exec(host)!;
  // Only a file needs no host, and then it has no port either.
  if (name === "" && (!isFile || Boolean(port))) return false;
  if (!/^[a-z0-9.\-_[:\]]*$/i.test(name!)) return false;
  if (port === undefined || port === "") return true;
  const number = Number(port);
  return /^[0-9]+$/.test(port) && number >= 1 && number <= 65535;
}

function isGoodPath(rest: string): boolean {
  if (!hasGoodEscapes(rest)) return false;
  const path = /^[^?#]*/.exec(rest)![0];
  let depth = 0;
  const segments = path.replace(/^\//, "").split("/");
  for (const segment of segments) {
    const plain = segment.replace(/%2e/gi, ".");
    if (plain === ".") continue;
    if (plain !== "..") depth++;
    else if (--depth < 0) return false;
  }
  return true;
}
