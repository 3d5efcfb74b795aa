/** Times as git's options and configuration take them: `now`, `never`, `2.weeks.ago`, `@SECONDS`, and dates in digits. */

const unitSeconds: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 7 * 86_400,
};

/** Months in the units that are not always as long, which git counts by the calendar. */
const unitMonths: Readonly<Record<string, number>> = { month: 1, year: 12 };

/** Digits from which on a number stands for seconds since 1970. */
const leastEpoch = 100_000_000;

/**
 * The time that `text` means, in seconds since 1970. As in git, what cannot be understood means now.
 * @param now seconds since 1970.
 */
export function approximateDate(text: string, now: number): number {
  return parseDate(text, now) ?? now;
}

/** As {@link approximateDate}; undefined for what cannot be understood. */
export function parseDate(text: string, now: number): number | undefined {
  const words = text.trim().toLowerCase();
  if (words === "never") return 0;
  if (words === "now" || words === "all") return now;
  if (/^@?\d+$/.test(words)) {
    const seconds = Number(words.replace("@", ""));
    if (words.startsWith("@") || seconds >= leastEpoch) return seconds;
  }
  if (words === "yesterday") return now - unitSeconds.day!;
  const ago = /^(\d+)[\s.]*(second|minute|hour|day|week|month|year)s?(?:[\s.]*ago)?$/.exec(words);
  if (ago !== null) return timeAgo(Number(ago[1]), ago[2]!, now);
  const date = Date.parse(/^\d{4}[-./]\d{1,2}[-./]\d{1,2}/.test(words) ? text.trim() : "");
  return Number.isNaN(date) ? undefined : Math.floor(date / 1000);
}

function timeAgo(count: number, unit: string, now: number): number {
  const months = unitMonths[unit];
  if (months === undefined) return now - count * unitSeconds[unit]!;
  const date = new Date(1000 * now);
  date.setMonth(date.getMonth() - count * months);
  return Math.floor(date.getTime() / 1000);
}
