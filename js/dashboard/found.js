/** What was seen in the shop's traffic: names, what is known of them, and lines for the settings. */

import { byId, element, put } from "./dom.js";
import { count } from "./format.js";

const KINDS = { cookie: "Cookie", host: "Host", storage: "Stored key", "service-worker": "Service worker" };
const FATES = { open: "works", held: "held", "by-path": "depends on the path" };
const MODES = {
  observe: "Nothing is held now (mode observe). What would happen is what enforce does before a visitor has answered.",
  enforce: "What happens before a visitor has answered.",
  off: "The mode is off: nothing new is noted.",
};

/** Whose a thing is, in words. */
function whose({ class: kind, category, trackers = [] }) {
  const names = trackers.map((tracker) => tracker.name).join(", ");
  if (kind === "tracker") return `${names} (${category})`;
  if (kind === "shared") return `One of: ${names}`;
  if (kind === "vouched") return `Vouched for (${category})`;
  return kind === "own" ? "The shop's own" : kind === "unknown" ? "Unknown" : "";
}

function table(heads, rows) {
  const head = element("tr", {}, heads.map((text) => element("th", { scope: "col", text })));
  return element("table", {}, [
    element("thead", {}, [head]),
    element("tbody", {}, rows.map((cells) => element("tr", {}, cells.map((text) => element("td", { text }))))),
  ]);
}

/** Things that a decision is waiting for stand first. */
const rank = ({ class: kind, before_choice: fate }) => (kind === "unknown" && fate !== "open" ? 0 : kind ? 1 : 2);

/**
 * @param {{ mode: string, things: object[], reports: object[] }} found
 * @param {string} lines for the settings
 */
export function showFound({ mode, things, reports }, lines) {
  const sorted = [...things].sort((a, b) => rank(a) - rank(b));
  const rows = sorted.map((it) => [
    KINDS[it.thing] ?? it.thing,
    it.name,
    whose(it),
    FATES[it.before_choice] ?? "",
    it.told_by === "shop" ? "shop" : "browsers only",
    it.first_day,
    it.last_day,
    count(it.seen),
  ]);
  const heads = ["Kind", "Name", "Whose", "Before a choice", "Told by", "First day", "Last day", "Times"];
  const reported = reports.map((it) => [
    it.directive,
    it.blocked,
    count(it.pages),
    it.first_day,
    it.last_day,
    count(it.times),
  ]);
  const text = element("textarea", { readonly: true, rows: 12, "aria-label": "Lines for the settings", text: lines });
  const copy = element("button", {
    type: "button",
    text: "Copy",
    onclick: async () => {
      text.select();
      try {
        await navigator.clipboard.writeText(lines);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Selected; press Ctrl+C";
      }
    },
  });
  const section = (title, ...children) => element("section", {}, [element("h2", { text: title }), ...children]);
  const soft = (text) => element("p", { class: "soft", text });
  put(
    byId("found"),
    section("Found in the shop's traffic", soft(MODES[mode] ?? ""), rows.length ? table(heads, rows) : soft("Nothing yet.")),
    section("Lines for the settings", soft("For [[site]]. Take the # away from what the shop needs, and say why."), text, copy),
    section(
      "Reported by browsers",
      soft("What the fence stopped, or would stop. Anybody can make such reports up: take them as hints."),
      reported.length
        ? table(["Directive", "Stopped", "Pages", "First day", "Last day", "Times"], reported)
        : soft("Nothing yet."),
    ),
  );
}
