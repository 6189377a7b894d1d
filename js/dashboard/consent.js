/** What became of the question whether trackers may run: how many were asked, what they said, and of which category. */

import { byId, element, put, table } from "./dom.js";
import { FEW, count, isNamed, percent, rate, valueName } from "./format.js";

/** The figures of the whole, in the order in which they are asked for. */
const FIGURES = [
  "banners_shown",
  "banners_ignored",
  "choices",
  "consent_rate_preferences",
  "consent_rate_statistics",
  "consent_rate_marketing",
];
const CATEGORIES = ["Preferences", "Statistics", "Marketing"];
/** What can be said of an answer; a row of one cuts the panel. */
const CUTS = [
  { dimension: "choice:language", name: "Languages" },
  { dimension: "choice:layer", name: "Where answered" },
  { dimension: "choice:version", name: "Texts" },
];
/** Parts of the bar, each with the mark that tells it without its colour. */
const PARTS = [
  { value: "accepted", name: "Yes to all", mark: "●" },
  { value: "partial", name: "Yes to some", mark: "◐" },
  { value: "refused", name: "No to all", mark: "○" },
  { value: "ignored", name: "Said nothing", mark: "–" },
];

let cut = CUTS[0];
/** The row that the panel is cut by. */
let chosen = null;

const filters = () => (chosen ? [["is", chosen.dimension, [chosen.value]]] : []);

/** The questions of the panel. */
export const consentQuestions = () => [
  { metrics: FIGURES, dimensions: [], filters: filters() },
  { metrics: ["events"], dimensions: ["event:choice"], filters: filters() },
  { metrics: ["banners_shown", "choices", "consent_rate"], dimensions: [cut.dimension], filters: [] },
];

/**
 * @param {{ dimensions: string[], metrics: (number|null)[] }[][]} answers to the questions
 * @param {{ changed: () => void, save: (question: object, name: string) => void }} act
 */
export function showConsent([whole, answers, rows], act) {
  const [shown, ignored, choices, ...rates] = whole[0]?.metrics ?? FIGURES.map(() => null);
  const section = byId("consent");
  section.setAttribute("aria-busy", "false");
  const body = [head(act)];
  if (!shown && !choices) {
    body.push(element("p", { class: "soft", text: "Nobody was asked in this period." }));
  } else {
    body.push(
      sentence(shown, ignored, choices),
      element("div", { class: "consent-columns" }, [
        element("div", {}, [bar(answers), categories(rates)]),
        element("div", {}, [cuts(rows, act)]),
      ]),
    );
  }
  put(section, ...body);
}

function head({ changed, save }) {
  const chip =
    chosen &&
    element("button", { type: "button", class: "chip", onclick: () => choose(null, changed) }, [
      element("span", { text: valueName(chosen.dimension, chosen.value).text }),
      element("span", { class: "visually-hidden", text: ", remove this cut" }),
      element("span", { "aria-hidden": "true", text: "×" }),
    ]);
  const csv = element("button", {
    type: "button",
    class: "csv",
    text: "CSV",
    "aria-label": "CSV: Consent",
    title: "Save the answers as comma-separated values",
    onclick: () => save(consentQuestions()[1], "consent"),
  });
  return element("div", { class: "list-head" }, [
    element("h2", { id: "consent-title", text: "Consent" }),
    element("span", {}, [...(chip ? [chip] : []), csv]),
  ]);
}

function choose(next, changed) {
  chosen = next;
  changed();
}

const said = (figure) => (figure == null ? FEW.text : count(figure));

function sentence(shown, ignored, choices) {
  const text = `${said(shown)} visits were asked, ${said(choices)} answers came, ${said(ignored)} visits ended without one.`;
  return element("p", { class: "soft", text });
}

/** One bar: of all that were asked or answered, who said what. Too few to show are left out of it. */
function bar(answers) {
  const times = new Map(answers.map((it) => [it.dimensions[0], it.metrics[0]]));
  const parts = PARTS.map((part) => ({ ...part, times: times.get(part.value) ?? 0 }));
  const all = parts.reduce((sum, part) => sum + part.times, 0);
  const stripes = parts.map((part) => {
    const stripe = element("span", { class: `stripe ${part.value}` });
    stripe.style.flexGrow = String(part.times);
    return stripe;
  });
  const legend = parts.map((part) =>
    element("li", {}, [
      element("span", { class: `key ${part.value}`, "aria-hidden": "true", text: part.mark }),
      element("span", { class: "label", text: part.name }),
      element("span", { class: "number soft", text: all ? percent((part.times / all) * 100) : "" }),
      element("span", { class: "number", text: count(part.times) }),
    ]),
  );
  const withdrawn = times.get("withdrawn");
  if (withdrawn) {
    legend.push(
      element("li", {}, [
        element("span", { class: "key", "aria-hidden": "true", text: "↩" }),
        element("span", { class: "label", text: "Taken back later" }),
        element("span", { class: "number", text: count(withdrawn) }),
      ]),
    );
  }
  return element("div", {}, [
    element("div", { class: "stripes", "aria-hidden": "true" }, stripes),
    element("ul", { class: "legend" }, legend),
  ]);
}

/** Of all answers, those that granted each category. */
function categories(rates) {
  const rows = CATEGORIES.map((name, at) => {
    const figure = rates[at];
    const text = figure == null ? { text: "–", title: "Nobody was asked about it, too few answered, or the answers are cut by it" } : { text: rate(figure) };
    const row = element("div", { class: "row" }, [
      element("span", { class: "label", text: name }),
      element("span", { class: "number", ...text }),
    ]);
    row.style.setProperty("--share", `${figure ?? 0}%`);
    return element("li", {}, [row]);
  });
  return element("div", {}, [element("h3", { text: "Answers that granted" }), table(rows, 1)]);
}

function cuts(rows, { changed }) {
  const select = element(
    "select",
    {
      "aria-label": "What the answers are told apart by",
      onchange: () => {
        cut = CUTS[select.selectedIndex];
        changed();
      },
    },
    CUTS.map((it) => element("option", { text: it.name })),
  );
  select.selectedIndex = CUTS.indexOf(cut);
  const most = Math.max(1, ...rows.map((it) => it.metrics[1] ?? 0));
  const items = rows.map((it) => cutRow(it, most, changed));
  return element("div", {}, [
    element("div", { class: "list-head" }, [
      element("h3", {}, [select]),
      element("span", { class: "soft", text: "Asked · Answers · Agreed" }),
    ]),
    items.length ? table(items, 3) : element("p", { class: "soft", text: "Nothing in this period." }),
  ]);
}

function cutRow({ dimensions: [value], metrics: [shown, choices, agreed] }, most, changed) {
  const isOn = chosen?.dimension === cut.dimension && chosen.value === value;
  const parts = [
    element("span", { class: "label", text: valueName(cut.dimension, value).text }),
    element("span", { class: "number soft", text: said(shown) }),
    element("span", { class: "number", text: said(choices) }),
    element("span", { class: "number soft", text: agreed == null ? "–" : percent(agreed) }),
  ];
  const next = isOn ? null : { dimension: cut.dimension, value };
  const row = isNamed(value)
    ? element("button", { type: "button", class: "row", "aria-pressed": String(isOn), onclick: () => choose(next, changed) }, parts)
    : element("div", { class: "row" }, parts);
  row.style.setProperty("--share", `${((choices ?? 0) / most) * 100}%`);
  return element("li", {}, [row]);
}
