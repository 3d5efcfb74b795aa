/** What configuration and discovery need to know of the process: plain data, so that portable code asks no operating system. */

import { GitmidxError } from "../core/errors.js";
import { parseMaybeBool } from "./config/values.js";

/** The facts, as `node.ts` or a test gives them. */
export interface ProcessFacts {
  /** The working directory, absolute. */
  readonly cwd: string;
  /** The environment variables, as in `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user id; undefined where there are no owners, which turns the ownership check of discovery off. */
  readonly euid?: number | undefined;
  /** What `%(prefix)/` stands for in paths: where git is installed. `/usr` unless given. */
  readonly prefix?: string | undefined;
  /** The system-wide configuration where GIT_CONFIG_SYSTEM names no other. `/etc/gitconfig` unless given. */
  readonly systemConfig?: string | undefined;
}

/**
 * A boolean environment variable, in any of git's spellings; `fallback` where it is not set.
 * @throws GitmidxError `bad-config` for a value that is no boolean.
 */
export function environmentBool(facts: Pick<ProcessFacts, "env">, name: string, fallback: boolean): boolean {
  const text = facts.env[name];
  if (text === undefined) return fallback;
  const value = parseMaybeBool(text);
  if (value === undefined) {
    throw new GitmidxError("bad-config", `bad boolean environment value '${text}' for '${name}'`);
  }
  return value;
}
