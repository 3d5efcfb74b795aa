/** Configuration given on the command line and in the environment: `-c`, `--config-env`, GIT_CONFIG_COUNT, GIT_CONFIG_PARAMETERS. */

import { GitmidxError } from "../../core/errors.js";
import { isGitSpace } from "../c-string.js";
import type { ProcessFacts } from "../process-facts.js";
import type { ConfigEntry } from "./git-config.js";
import { parseKey } from "./key.js";

/** One `-c key=value` or `--config-env=key=VARIABLE`. */
export interface ConfigParameter {
  readonly key: string;
  /** Undefined for `-c key`, which means true. */
  readonly value: string | undefined;
}

type Environment = ProcessFacts["env"];

/** What a `-c` argument says: up to the first `=` the key, after it the value. */
export function parseConfigArgument(text: string): ConfigParameter {
  const equals = text.indexOf("=");
  return equals < 0 ? { key: text, value: undefined } : { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

/**
 * What a `--config-env` argument says: up to the last `=` the key, after it the name of the environment variable with the value.
 * @throws GitmidxError `bad-config`
 */
export function parseConfigEnvArgument(text: string, env: Environment): ConfigParameter {
  const equals = text.lastIndexOf("=");
  if (equals < 0) throw new GitmidxError("bad-config", `invalid config format: ${text}`);
  const key = text.slice(0, equals);
  const variable = text.slice(equals + 1);
  if (variable === "") {
    throw new GitmidxError("bad-config", `missing environment variable name for configuration '${key}'`);
  }
  const value = env[variable];
  if (value === undefined) {
    throw new GitmidxError("bad-config", `missing environment variable '${variable}' for configuration '${key}'`);
  }
  return { key, value };
}

/**
 * The entries of the command scope in the order in which git reads them: GIT_CONFIG_COUNT, GIT_CONFIG_PARAMETERS, then `parameters`.
 * A generator, so that entries before a faulty one are seen before the fault is thrown.
 * @throws GitmidxError `bad-config`
 */
export function* commandEntries(
  env: Environment,
  parameters: readonly ConfigParameter[],
): Generator<ConfigEntry, void, undefined> {
  for (const parameter of countedParameters(env)) yield commandEntry(parameter);
  for (const parameter of quotedParameters(env.GIT_CONFIG_PARAMETERS ?? "")) yield commandEntry(parameter);
  for (const parameter of parameters) yield commandEntry(parameter);
}

/** The error for command-line configuration: git's last line, then its reason. */
export function badCommandConfig(reason: string): GitmidxError {
  return new GitmidxError("bad-config", `unable to parse command-line config\n${reason}`);
}

function commandEntry(parameter: ConfigParameter): ConfigEntry {
  if (parameter.key === "") throw badCommandConfig("empty config key");
  const key = parseKey(parameter.key);
  if (typeof key !== "string") throw badCommandConfig(key.fault);
  return { key, value: parameter.value, origin: { scope: "command", file: undefined, line: undefined } };
}

const maxCount = 0x7fff_ffff;

function* countedParameters(env: Environment): Generator<ConfigParameter, void, undefined> {
  const text = env.GIT_CONFIG_COUNT;
  if (text === undefined || text === "") return;
  const match = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)$/.exec(text);
  if (match === null) throw badCommandConfig("bogus count in GIT_CONFIG_COUNT");
  const count = Number(match[2]);
  // a negative count wraps around to a huge one in git
  if (count > maxCount || (match[1] === "-" && count > 0)) {
    throw badCommandConfig("too many entries in GIT_CONFIG_COUNT");
  }
  for (let i = 0; i < count; i++) {
    const key = env[`GIT_CONFIG_KEY_${i}`];
    if (key === undefined) throw badCommandConfig(`missing config key GIT_CONFIG_KEY_${i}`);
    const value = env[`GIT_CONFIG_VALUE_${i}`];
    if (value === undefined) throw badCommandConfig(`missing config value GIT_CONFIG_VALUE_${i}`);
    yield { key, value };
  }
}

/**
 * The parameters in GIT_CONFIG_PARAMETERS, in both its forms: `'key=value'`, as gits before 2.31 wrote it, and `'key'='value'`
 * (`'key'=` for a key without a value).
 */
function* quotedParameters(text: string): Generator<ConfigParameter, void, undefined> {
  let at = 0;
  while (at < text.length) {
    const key = readQuoted(text, at);
    at = key.end;
    if (at < text.length && text[at] === "=") {
      at++;
      if (text[at] === "'") {
        const value = readQuoted(text, at);
        at = value.end;
        if (at < text.length && !isSpaceAt(text, at)) throw bogusFormat();
        yield { key: key.text, value: value.text };
      } else {
        if (at < text.length && !isSpaceAt(text, at)) throw bogusFormat();
        yield { key: key.text, value: undefined };
      }
    } else {
      if (at < text.length && !isSpaceAt(text, at)) throw bogusFormat();
      const parameter = parseConfigArgument(key.text);
      if (parameter.key === "") throw badCommandConfig(`bogus config parameter: ${key.text}`);
      yield parameter;
    }
    while (at < text.length && isSpaceAt(text, at)) at++;
  }
}

function isSpaceAt(text: string, at: number): boolean {
  return isGitSpace(text.charCodeAt(at));
}

function bogusFormat(): GitmidxError {
  return badCommandConfig("bogus format in GIT_CONFIG_PARAMETERS");
}

/** A text in shell quotes as git writes them: `'…'`, with `'\''` and `'\!'` inside. */
const quotedShape = /'([^']*(?:'\\['!]'[^']*)*)'/y;

function readQuoted(text: string, at: number): { readonly text: string; readonly end: number } {
  quotedShape.lastIndex = at;
  const match = quotedShape.exec(text);
  if (match === null) throw bogusFormat();
  return { text: match[1]!.replace(/'\\(['!])'/g, "$1"), end: quotedShape.lastIndex };
}
