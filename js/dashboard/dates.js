/** Days and hours of a site, as text: "2026-03-01" and "2026-03-01 14". They sort, and no time zone can bend them. */

export const PERIODS = [
  { id: "day", key: "d", name: "Today", days: 1 },
  { id: "7d", key: "w", name: "7 days", days: 7 },
  { id: "30d", key: "m", name: "30 days", days: 30 },
  { id: "12mo", key: "y", name: "12 months", days: 365 },
];

/** The day and hour it is now where the site is. */
export function now(timeZone, at = new Date()) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23",
  }).formatToParts(at);
  const part = (type) => parts.find((it) => it.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}`;
}

/** The day that many days later. */
export function plus(day, days) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** What a period covers, today included, and the same number of days before it. */
export function ranges(period, today) {
  const from = plus(today, 1 - period.days);
  return { now: [from, today], before: [plus(from, -period.days), plus(from, -1)] };
}

/** Every day of a range, or every hour when it is one day. */
export function buckets([from, until]) {
  if (from === until) return Array.from({ length: 24 }, (_, hour) => `${from} ${String(hour).padStart(2, "0")}`);
  const days = [];
  for (let day = from; day <= until; day = plus(day, 1)) days.push(day);
  return days;
}

/** A bucket as the API names it, in the form used here. */
export const bucketOf = (name) => (name.length > 10 ? name.slice(0, 13).replace("T", " ") : name);

const words = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const SHORT = words({ day: "numeric", month: "short" });
const LONG = words({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const WHOLE = words({ day: "numeric", month: "short", year: "numeric" });
const dayOf = (bucket) => new Date(`${bucket.slice(0, 10)}T00:00:00Z`);

/** For an axis. */
export const shortName = (bucket) => (bucket.length > 10 ? `${bucket.slice(11)}:00` : SHORT.format(dayOf(bucket)));

/** For a sentence. */
export const longName = (bucket) =>
  LONG.format(dayOf(bucket)) + (bucket.length > 10 ? `, ${bucket.slice(11)}:00–${bucket.slice(11)}:59` : "");

/** A range in words. */
export function rangeName([from, until]) {
  return from === until ? LONG.format(dayOf(from)) : `${SHORT.format(dayOf(from))} – ${WHOLE.format(dayOf(until))}`;
}
