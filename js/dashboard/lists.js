/** The lists: each row with its bar behind the label and its figure at the end. */

import { byId, element } from "./dom.js";
import { FEW, count, isNamed, percent, valueName } from "./format.js";

/** Rows shown at first, and rows shown at most. */
const ROWS_FIRST = 8;
const ROWS_MAX = 100;

export const LISTS = [
  { dimension: "event:page", name: "Pages", metric: "visitors", figure: "Visitors" },
  { dimension: "visit:source", name: "Sources", metric: "visitors", figure: "Visitors" },
  { dimension: "visit:entry_page", name: "Entry pages", metric: "visits", figure: "Visits" },
  { dimension: "visit:exit_page", name: "Exit pages", metric: "visits", figure: "Visits" },
  { dimension: "visit:country", name: "Countries", metric: "visitors", figure: "Visitors" },
  { dimension: "visit:device", name: "Devices", metric: "visitors", figure: "Visitors" },
  { dimension: "visit:browser", name: "Browsers", metric: "visitors", figure: "Visitors" },
  { dimension: "visit:os", name: "Systems", metric: "visitors", figure: "Visitors" },
  { dimension: "event:choice", name: "Consent answers", metric: "events", figure: "Answers", isAnswer: true },
];

/** What a filter's dimension is called in a chip. */
export const dimensionName = (dimension) =>
  LISTS.find((list) => list.dimension === dimension)?.name.replace(/ies$/, "y").replace(/s$/, "") ?? dimension;

/** Puts up the frames, so that nothing moves when figures come. */
export function frameLists() {
  byId("lists").replaceChildren(
    ...LISTS.map((list) =>
      element("section", { id: `list-${list.dimension}`, "aria-labelledby": `title-${list.dimension}` }, [
        element("div", { class: "list-head" }, [
          element("h2", { id: `title-${list.dimension}`, text: list.name }),
          element("span", { class: "soft", text: list.figure }),
        ]),
        element("div", { class: "rows", "aria-busy": "true" }),
      ]),
    ),
  );
}

const body = (list) => document.getElementById(`list-${list.dimension}`).querySelector(".rows");

/** A sentence in place of the rows. */
export function sayInList(list, sentence) {
  body(list).replaceChildren(element("p", { class: "soft", text: sentence }));
  body(list).setAttribute("aria-busy", "false");
}

/**
 * @param {object} list
 * @param {{ dimensions: string[], metrics: (number|null)[] }[]} results
 * @param {{ filter: object|null, choose: (filter: object) => void }} choice
 */
export function showList(list, results, choice) {
  const rows = results.map((it) => ({ value: it.dimensions[0], figure: it.metrics[0] }));
  rows.sort((a, b) => rank(a) - rank(b) || (b.figure ?? 0) - (a.figure ?? 0));
  if (rows.length === 0) {
    sayInList(list, list.isAnswer ? "Nobody has answered in this period." : "Nothing in this period.");
    return;
  }
  const shown = rows.slice(0, ROWS_MAX);
  const most = Math.max(1, ...shown.map((row) => row.figure ?? 0));
  // A withdrawal follows an earlier answer, so it is no part of the answers it is compared with.
  const answers = rows.reduce((sum, row) => sum + (row.value === "withdrawn" ? 0 : (row.figure ?? 0)), 0);
  const items = shown.map((row) => line(list, row, { most, answers, ...choice }));
  const target = body(list);
  target.setAttribute("aria-busy", "false");
  target.replaceChildren(element("ul", {}, items.slice(0, ROWS_FIRST)));
  if (items.length <= ROWS_FIRST) return;
  const more = element("button", {
    type: "button",
    class: "more",
    text: `Show ${items.length - ROWS_FIRST} more`,
    onclick: () => {
      target.querySelector("ul").append(...items.slice(ROWS_FIRST));
      more.remove();
      items[ROWS_FIRST].querySelector("button")?.focus();
    },
  });
  target.append(more);
}

/** What was added up stands last, whatever its size. */
const rank = (row) => (row.value === "(other)" ? 1 : 0);

function line(list, row, { most, answers, filter, choose }) {
  const { text, why } = valueName(list.dimension, row.value);
  const label = element("span", { class: "label", text, title: why ?? text });
  const figures = [element("span", { class: "number", ...figure(row) })];
  if (list.isAnswer) {
    const share = row.value === "withdrawn" || !answers || row.figure == null ? "" : percent((row.figure / answers) * 100);
    figures.unshift(element("span", { class: "number soft", text: share }));
  }
  const parts = [label, ...figures];
  const canFilter = !list.isAnswer && isNamed(row.value);
  const isOn = filter?.dimension === list.dimension && filter.value === row.value;
  const filtered = { dimension: list.dimension, value: row.value };
  const inner = canFilter
    ? element("button", { type: "button", class: "row", "aria-pressed": String(isOn), onclick: () => choose(isOn ? null : filtered) }, parts)
    : element("div", { class: "row" }, parts);
  inner.style.setProperty("--share", `${((row.figure ?? 0) / most) * 100}%`);
  return element("li", {}, [inner]);
}

const figure = (row) => (row.figure == null ? { text: FEW.text, title: FEW.why } : { text: count(row.figure) });
