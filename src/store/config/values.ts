/** Booleans and numbers as git's configuration writes them. */

import { asciiLowerCase } from "./key.js";

/** Why a text is no number of the wanted kind, in git's words. */
export type NumberFault = "invalid unit" | "out of range";

/** The units that may follow a number. */
const unitFactors: ReadonlyMap<string, bigint> = new Map([
  ["", 1n],
  ["k", 1n << 10n],
  ["m", 1n << 20n],
  ["g", 1n << 30n],
]);

const trueWords = ["true", "yes", "on"];
const falseWords = ["false", "no", "off", ""];

const maxInt64 = (1n << 63n) - 1n;
const maxUint64 = (1n << 64n) - 1n;

/** A boolean given as a word, without numbers; a key without a value is true. Undefined if it is none. */
export function parseBoolWord(text: string | undefined): boolean | undefined {
  if (text === undefined) return true;
  const word = asciiLowerCase(text);
  return trueWords.includes(word) ? true : falseWords.includes(word) ? false : undefined;
}

/** A boolean: a word, or a 32-bit number that is not 0. Undefined if it is none. */
export function parseMaybeBool(text: string | undefined): boolean | undefined {
  const word = parseBoolWord(text);
  if (word !== undefined) return word;
  const number = parseSigned(text, (1n << 31n) - 1n);
  return typeof number === "bigint" ? number !== 0n : undefined;
}

/** A number before its unit: C's strtol with base 0, so that `0x` begins hexadecimal, `0` octal and `0b` binary digits. */
const numberShape = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|0b[01]+|0[0-7]*|[1-9][0-9]*)(.*)$/is;

interface WrittenNumber {
  /** The value without its unit, and without a bound. */
  readonly value: bigint;
  /** Undefined for a unit that git does not know. */
  readonly factor: bigint | undefined;
}

function readNumber(text: string | undefined): WrittenNumber | undefined {
  const match = text === undefined ? null : numberShape.exec(text);
  if (match === null) return undefined;
  const magnitude = magnitudeOf(match[2]!);
  return { value: match[1] === "-" ? -magnitude : magnitude, factor: unitFactors.get(asciiLowerCase(match[3]!)) };
}

/** More digits than any number in range has, leading zeros aside. */
const tooManyDigits = 100;

function magnitudeOf(digits: string): bigint {
  const prefix = /^0[xb]/i.exec(digits)?.[0] ?? (/^0[0-7]/.test(digits) ? "0" : "");
  const significant = digits.slice(prefix.length).replace(/^0+/, "") || "0";
  if (significant.length > tooManyDigits) return 1n << 100n;
  return BigInt((prefix === "0" ? "0o" : prefix) + significant);
}

/** A signed number with an optional unit `k`, `m` or `g`, from −`max` − 1 to `max`. */
export function parseSigned(text: string | undefined, max: bigint): bigint | NumberFault {
  const number = readNumber(text);
  if (number === undefined) return "invalid unit";
  const { value, factor } = number;
  if (value > maxInt64 || value < -maxInt64 - 1n) return "out of range";
  if (factor === undefined) return "invalid unit";
  const product = value * factor;
  return product > max || product < -max - 1n ? "out of range" : product;
}

/** An unsigned number with an optional unit `k`, `m` or `g`, up to `max`; a minus sign anywhere is a fault. */
export function parseUnsigned(text: string | undefined, max: bigint): bigint | NumberFault {
  const number = text?.includes("-") ? undefined : readNumber(text);
  if (number === undefined) return "invalid unit";
  const { value, factor } = number;
  if (value > maxUint64) return "out of range";
  if (factor === undefined) return "invalid unit";
  const product = value * factor;
  return product > max ? "out of range" : product;
}

/** A number with or without a fraction and an exponent, as C's strtod reads it, and an optional unit. */
export function parseDouble(text: string | undefined): number | NumberFault {
  const match = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)$/is.exec(text ?? "");
  const factor = match === null ? undefined : unitFactors.get(asciiLowerCase(match[2]!));
  if (factor === undefined) return "invalid unit";
  const value = Number(match![1]);
  return Number.isFinite(value) ? value * Number(factor) : "out of range";
}
