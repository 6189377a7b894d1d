/** Figures and values in words. */

export const FEW = { text: "few", why: "Too few visitors to show without pointing at somebody" };

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const grouped = (text) => text.replaceAll(",", "\u202f");

const count = (value) => grouped(whole.format(value));
const ratio = (value) => grouped(fine.format(value));
const rate = (value) => `${tenths.format(value)}\u202f%`;
const percent = (value) => `${whole.format(value)}\u202f%`;
const duration = (value) => {
  const seconds = Math.round(value);
  if (seconds < 60) return `${seconds}\u202fs`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u202fm ${String(seconds % 60).padStart(2, "0")}\u202fs`;
  return `${Math.floor(minutes / 60)}\u202fh ${String(minutes % 60).padStart(2, "0")}\u202fm`;
};

/** The six figures, in the order in which they are shown. */
export const METRICS = [
  { id: "visitors", name: "Visitors", show: count },
  { id: "visits", name: "Visits", show: count },
  { id: "pageviews", name: "Page views", show: count },
  { id: "views_per_visit", name: "Views per visit", show: ratio },
  { id: "bounce_rate", name: "Bounce rate", show: percent },
  { id: "visit_duration", name: "Visit duration", show: duration },
];

/** A sum of money, to the whole unit. */
const money = ({ value, currency }) =>
  grouped(new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: 0 }).format(value));

export { count, money, percent, rate };

/** How a figure moved, in words and an arrow; nothing when either is not known. */
export function change(metric, now, before) {
  if (now == null || before == null) return null;
  const isRate = metric.id === "bounce_rate";
  if (!isRate && before === 0) return null;
  const by = Math.round(isRate ? now - before : ((now - before) / before) * 100);
  // More than tenfold says that counting began in between, not that the shop grew.
  if (!isRate && by > 900) return null;
  const arrow = by > 0 ? "▲" : by < 0 ? "▼" : "=";
  const unit = isRate ? "pt" : "%";
  return { arrow, text: by === 0 ? "no change" : `${whole.format(Math.abs(by))}\u202f${unit}`, direction: Math.sign(by) };
}

const regions = new Intl.DisplayNames(["en"], { type: "region" });
const languages = new Intl.DisplayNames(["en"], { type: "language" });
const LAYERS = {
  banner: "Banner",
  page: "Preference centre",
  embed: "Placeholder",
  script: "Script of the shop",
  form: "Form that does not say",
};
const REASONS = {
  robot: "Robots",
  reload: "Loaded again after a yes",
  objection: "Objected to being counted",
  without_consent: "Not counted without consent",
  prefetch: "Fetched ahead",
  counted_by_gateway: "Counted by the gateway already",
  cross_site: "Told by another site",
  other_host: "Of another host",
  unreadable: "Could not be read",
  cells_full: "Too many sums at once",
  visits_full: "Too many visits in a day",
  value_folded: "Too many values: folded",
};

const PAGES = ["event:page", "visit:entry_page", "visit:exit_page", "event:next_page"];
const LETTER = /^[\p{L}\p{M}]$/u;

/** A page as people read it: encoded letters are shown, and all else that is encoded stays so. */
export const readable = (page) =>
  page.replace(/(?:%[89A-F][0-9A-F])+/g, (run) => {
    try {
      return [...decodeURIComponent(run)].map((sign) => (LETTER.test(sign) ? sign : encodeURIComponent(sign))).join("");
    } catch {
      // Bytes that are no UTF-8 say nothing to anybody.
      return run;
    }
  });

/** A value of a dimension as people say it; `why` explains a made-up one. */
export function valueName(dimension, value) {
  if (value === "(other)") return { text: "Other", why: "Values too rare to name, added up" };
  if (value === "(unknown)" || value == null || value === "") return { text: "Unknown" };
  if (dimension === "visit:country" && /^[A-Z]{2}$/.test(value)) {
    return { text: regions.of(value) ?? value };
  }
  if (dimension === "choice:layer") return { text: LAYERS[value] ?? value };
  if (dimension === "choice:language") return { text: languages.of(value) ?? value };
  if (dimension === "dropped:reason") return { text: REASONS[value] ?? value, why: value };
  if (PAGES.includes(dimension)) return { text: readable(value), why: value };
  return { text: value };
}

/** Can rows of this value be filtered by? */
export const isNamed = (value) => value != null && value !== "" && value !== "(other)" && value !== "(unknown)";
