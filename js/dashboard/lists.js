/** The lists: each row with its bar behind the label and its figure at the end. */

import { byId, element, put, table } from "./dom.js";
import { FEW, count, isNamed, money, rate, valueName } from "./format.js";

/** Rows shown at first, and rows shown at most. */
const ROWS_FIRST = 8;
const ROWS_MAX = 100;

const visitors = [{ id: "visitors", name: "Visitors", show: count }];
const visits = [{ id: "visits", name: "Visits", show: count }];
const times = [{ id: "events", name: "Times", show: count }];
const goal = [
  ...visitors,
  { id: "conversion_rate", name: "Rate", show: rate },
  { id: "total_revenue", name: "Revenue", show: (figure) => (figure.value === 0 ? "" : money(figure)) },
];

/**
 * The frames, each with the lists that can stand in it: only the one that is looked at is asked for. `isPlain` ones are
 * of nobody, so nothing can be filtered by them.
 */
const GROUPS = [
  [
    { dimension: "event:page", name: "Pages", metrics: visitors },
    { dimension: "visit:entry_page", name: "Entry pages", metrics: visits },
    { dimension: "visit:exit_page", name: "Exit pages", metrics: visits },
    { dimension: "event:next_page", name: "Next pages", metrics: visits },
  ],
  [
    { dimension: "visit:source", name: "Sources", metrics: visitors },
    { dimension: "visit:channel", name: "Channels", metrics: visitors },
    { dimension: "visit:utm_campaign", name: "Campaigns", metrics: visitors },
    { dimension: "visit:utm_source", name: "Campaign sources", metrics: visitors },
    { dimension: "visit:utm_medium", name: "Campaign media", metrics: visitors },
  ],
  [
    { dimension: "visit:country", name: "Countries", metrics: visitors },
    { dimension: "visit:region", name: "Regions", metrics: visitors },
    { dimension: "visit:city", name: "Cities", metrics: visitors },
    { dimension: "visit:language", name: "Languages", metrics: visitors },
  ],
  [
    { dimension: "visit:device", name: "Devices", metrics: visitors },
    { dimension: "visit:browser", name: "Browsers", metrics: visitors },
    { dimension: "visit:browser_version", name: "Browser versions", metrics: visitors },
    { dimension: "visit:os", name: "Systems", metrics: visitors },
    { dimension: "visit:os_version", name: "System versions", metrics: visitors },
  ],
  [
    { dimension: "event:goal", name: "Goals", metrics: goal },
    { dimension: "event:funnel", name: "Funnels", metrics: visits },
    { dimension: "event:name", name: "Events", metrics: visitors },
  ],
  [
    { dimension: "dropped:reason", name: "Not counted", metrics: times, isPlain: true },
    { dimension: "robot:name", name: "Robots", metrics: times, isPlain: true },
    { dimension: "event:status", name: "Status codes", metrics: times, isPlain: true },
  ],
];

const LISTS = GROUPS.flat();
/** Which list of each frame is looked at. */
const looked = GROUPS.map(() => 0);

/** Lists of which every row was asked for: they stay so when figures come again. */
const opened = new Set();

/** The lists that are looked at. */
export const lookedAt = () => GROUPS.map((lists, group) => lists[looked[group]]);

/** What a filter's dimension is called in a chip. */
export const dimensionName = (dimension) =>
  LISTS.find((list) => list.dimension === dimension)?.name.replace(/ies$/, "y").replace(/media$/, "medium").replace(/s$/, "") ?? dimension;

/**
 * Puts up the frames, so that nothing moves when figures come.
 *
 * @param {{ changed: (list: object) => void, save: (list: object) => void }} act told of a list that is looked at from now
 *   on, and of one whose figures are wanted in a file
 */
export function frameLists(act) {
  byId("lists").replaceChildren(...GROUPS.map((lists, group) => frame(lists, group, act)));
}

function frame(lists, group, { changed, save }) {
  const shown = () => lists[looked[group]];
  const names = element("span", { class: "soft" });
  const csv = element("button", {
    type: "button",
    class: "csv",
    text: "CSV",
    title: "Save this list as comma-separated values",
    onclick: () => save(shown()),
  });
  const section = element("section", { id: `list-${group}` });
  // Whoever goes from button to button, or from frame to frame, hears which list it is about.
  const name = () => {
    names.textContent = said(shown());
    csv.setAttribute("aria-label", `CSV: ${shown().name}`);
    section.setAttribute("aria-label", shown().name);
  };
  const choose = element(
    "select",
    {
      "aria-label": "What this list shows",
      onchange: () => {
        looked[group] = choose.selectedIndex;
        name();
        changed(shown());
      },
    },
    lists.map((list) => element("option", { text: list.name })),
  );
  choose.selectedIndex = looked[group];
  name();
  section.append(
    element("div", { class: "list-head" }, [element("h2", {}, [choose]), element("span", {}, [names, csv])]),
    element("div", { class: "rows", "aria-busy": "true" }),
  );
  return section;
}

const said = (list) => list.metrics.map((metric) => metric.name).join(" · ");
const body = (list) => {
  const group = GROUPS.findIndex((lists) => lists.includes(list));
  return document.getElementById(`list-${group}`).querySelector(".rows");
};

/** A sentence in place of the rows. */
export function sayInList(list, sentence) {
  put(body(list), element("p", { class: "soft", text: sentence }));
  body(list).setAttribute("aria-busy", "false");
}

/**
 * @param {object} list
 * @param {{ dimensions: string[], metrics: (number|null)[] }[]} results
 * @param {{ filter: object|null, choose: (filter: object) => void }} choice
 */
export function showList(list, results, choice) {
  const rows = results.map((it) => ({ value: it.dimensions[0], figure: it.metrics[0], more: it.metrics.slice(1) }));
  rows.sort((a, b) => rank(a) - rank(b) || (b.figure ?? 0) - (a.figure ?? 0));
  if (rows.length === 0) {
    sayInList(list, "Nothing in this period.");
    return;
  }
  const shown = rows.slice(0, ROWS_MAX);
  const most = Math.max(1, ...shown.map((row) => row.figure ?? 0));
  const items = shown.map((row) => line(list, row, { most, ...choice }));
  const target = body(list);
  target.setAttribute("aria-busy", "false");
  const { dimension, name, metrics } = list;
  if (items.length <= ROWS_FIRST || opened.has(dimension)) return put(target, table(items, metrics.length));
  const more = element("button", {
    type: "button",
    class: "more",
    text: `Show ${items.length - ROWS_FIRST} more`,
    "aria-label": `Show ${items.length - ROWS_FIRST} more: ${name}`,
    onclick: () => {
      opened.add(dimension);
      target.querySelector("ul").append(...items.slice(ROWS_FIRST));
      more.remove();
      const [next] = items.slice(ROWS_FIRST);
      const inner = next.querySelector("button") ?? next;
      if (inner === next) next.tabIndex = -1;
      inner.focus();
    },
  });
  put(target, table(items.slice(0, ROWS_FIRST), metrics.length), more);
}

/** What was added up stands last, whatever its size. */
const rank = (row) => (row.value === "(other)" ? 1 : 0);

function line(list, row, { most, filter, choose }) {
  const { text, why } = valueName(list.dimension, row.value);
  const label = element("span", { class: "label", text, title: why ?? text });
  const figures = [element("span", { class: "number", ...figure(row) })];
  row.more.forEach((value, at) => {
    const text = value == null ? "" : list.metrics[at + 1].show(value);
    figures.push(element("span", { class: "number soft", text }));
  });
  const parts = [label, ...figures];
  const canFilter = !list.isPlain && isNamed(row.value);
  const isOn = filter?.dimension === list.dimension && filter.value === row.value;
  const filtered = { dimension: list.dimension, value: row.value };
  const inner = canFilter
    ? element("button", { type: "button", class: "row", "aria-pressed": String(isOn), onclick: () => choose(isOn ? null : filtered) }, parts)
    : element("div", { class: "row" }, parts);
  inner.style.setProperty("--share", `${((row.figure ?? 0) / most) * 100}%`);
  return element("li", {}, [inner]);
}

const figure = (row) => (row.figure == null ? { text: FEW.text, title: FEW.why } : { text: count(row.figure) });
