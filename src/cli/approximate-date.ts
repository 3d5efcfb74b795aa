/** Times as git's options take them: `now`, `never`, `2.weeks.ago`, `@SECONDS`, and dates in digits. */

const unitSeconds: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 7 * 86_400,
  month: 30 * 86_400,
  year: 365 * 86_400,
};

/** Digits from which on a number stands for seconds since 1970. */
const leastEpoch = 100_000_000;

/**
 * The time that `text` means, in seconds since 1970. As in git, what cannot be understood means now.
 * @param now seconds since 1970.
 */
export function approximateDate(text: string, now: number): number {
  const words = text.trim().toLowerCase();
  if (words === "never") return 0;
  if (words === "now" || words === "all") return now;
  if (/^@?\d+$/.test(words)) {
    const seconds = Number(words.replace("@", ""));
    if (words.startsWith("@") || seconds >= leastEpoch) return seconds;
  }
  if (words === "yesterday") return now - unitSeconds.day!;
  const ago = /^(\d+)[\s.]*(second|minute|hour|day|week|month|year)s?(?:[\s.]*ago)?$/.exec(words);
  if (ago !== null) return now - Number(ago[1]) * unitSeconds[ago[2]!]!;
  const date = Date.parse(/^\d{4}[-./]\d{1,2}[-./]\d{1,2}/.test(words) ? text.trim() : "");
  return Number.isNaN(date) ? now : Math.floor(date / 1000);
}
