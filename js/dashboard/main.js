/** The dashboard: one page of figures about one site and one period. */

import "./style.css";
import * as api from "./api.js";
import { draw, redraw } from "./chart.js";
import { consentQuestions, showConsent } from "./consent.js";
import { PERIODS, bucketOf, buckets, now, rangeName, ranges } from "./dates.js";
import { byId, element, put, say } from "./dom.js";
import { showFigures } from "./figures.js";
import { showFound } from "./found.js";
import { METRICS, count, valueName } from "./format.js";
import { dimensionName, frameLists, lookedAt, sayInList, showList } from "./lists.js";
import { readView, writeView } from "./view.js";

/** Time between two rounds of questions while the page is looked at. Unit: milliseconds. */
const REFRESH_MS = 60_000;

let sites = [];
let view = null;
let metric = METRICS[0];
/** What the last round of questions was answered. */
let answered = { now: null, before: null, series: null };
/** Counts rounds of questions; an answer to an older one comes too late. */
let round = 0;

function enter(sentence = "") {
  byId("board").hidden = true;
  byId("enter").hidden = false;
  byId("refused").textContent = sentence;
  byId("token").focus();
}

function notice(sentence) {
  byId("notice").textContent = sentence;
  byId("notice").hidden = !sentence;
}

function failed(trouble) {
  if (trouble.status === 401) {
    api.forgetToken();
    enter(trouble.message);
  } else if (trouble instanceof api.Trouble) {
    notice(trouble.message);
  } else {
    notice("Something went wrong in this page. Reload it.");
    throw trouble;
  }
}

async function open() {
  if (!api.token()) return enter();
  try {
    sites = await api.sites();
  } catch (trouble) {
    return failed(trouble);
  }
  byId("enter").hidden = true;
  byId("board").hidden = false;
  if (sites.length === 0) return notice("This token may read no site. Make another with consentry token new.");
  byId("site").replaceChildren(...sites.map((site) => element("option", { value: site.name, text: site.name })));
  view = readView(sites);
  frameLists({
    changed: (list) => {
      const mine = round;
      askList(list, spanNow(), () => mine !== round || !lookedAt().includes(list));
    },
    save: (list) => save({ ...asked(list.metrics.map((it) => it.id), [list.dimension]) }, list.name),
  });
  byId("series-csv").addEventListener("click", () => {
    const time = view.period.days === 1 ? "time:hour" : "time:day";
    save(asked(METRICS.map((it) => it.id), [time]), "series");
  });
  ask();
}

function look(change) {
  view = { ...view, ...change };
  writeView(view);
  ask();
}

function showView(span) {
  byId("site").value = view.site.name;
  document.title = `${view.site.name} · Consentry`;
  const isFound = view.page === "found";
  byId("found").hidden = !isFound;
  for (const id of ["all-figures", "periods", "span", "filters", "made"]) byId(id).hidden = isFound;
  byId("page").textContent = isFound ? "Figures" : "Found";
  put(
    byId("periods"),
    ...PERIODS.map((period) =>
      element("button", {
        type: "button",
        "aria-pressed": String(period === view.period),
        title: `Key: ${period.key}`,
        text: period.name,
        onclick: () => look({ period }),
      }),
    ),
  );
  say(byId("span"), `${rangeName(span.now)}, compared with ${rangeName(span.before)}`);
  put(byId("filters"), ...(view.filter ? [chip(view.filter)] : []));
}

function chip({ dimension, value }) {
  const said = `${dimensionName(dimension)}: ${valueName(dimension, value).text}`;
  return element("button", { type: "button", class: "chip", title: "Key: x", onclick: () => look({ filter: null }) }, [
    element("span", { text: said }),
    element("span", { class: "visually-hidden", text: ", remove this filter" }),
    element("span", { "aria-hidden": "true", text: "×" }),
  ]);
}

const spanNow = () => ranges(view.period, now(view.site.time_zone).slice(0, 10)).now;

/** What is asked under the view's filter, for all that is looked at unless a range is given. */
function asked(metrics, dimensions, date_range = spanNow()) {
  const filters = view.filter ? [["is", view.filter.dimension, [view.filter.value]]] : [];
  return { site_id: view.site.name, metrics, date_range, dimensions, filters };
}

const question = (date_range, metrics, dimensions = []) => api.query(asked(metrics, dimensions, date_range));

/** Asks for a table and has the browser keep it. */
async function save(wanted, name) {
  try {
    const text = await api.table({ site_id: view.site.name, date_range: spanNow(), ...wanted });
    const link = element("a", {
      href: URL.createObjectURL(new Blob([text], { type: "text/csv" })),
      download: `${view.site.name}-${name.toLowerCase().replaceAll(" ", "-")}-${spanNow().join("-")}.csv`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (trouble) {
    failed(trouble);
  }
}

/** The panel of answers has cuts of its own: what stands in a filter has nothing to do with who answered. */
async function askConsent(isLate) {
  const date_range = spanNow();
  const ask = (wanted) => api.query({ site_id: view.site.name, date_range, ...wanted });
  try {
    const answers = await Promise.all(consentQuestions().map(ask));
    if (isLate()) return;
    const changed = () => {
      const mine = round;
      askConsent(() => mine !== round);
    };
    showConsent(answers.map((it) => it.results), { changed, save });
  } catch (trouble) {
    if (!isLate()) failed(trouble);
  }
}

/** Asks everything there is to show; each answer is shown as it comes. */
async function ask() {
  const mine = (round += 1);
  const today = now(view.site.time_zone);
  const span = ranges(view.period, today.slice(0, 10));
  const isLate = () => mine !== round;
  showView(span);
  notice("");
  if (view.page === "found") return askFound(isLate);

  const lists = lookedAt().map((list) => askList(list, span.now, isLate));
  lists.push(askConsent(isLate));
  try {
    const six = METRICS.map((it) => it.id);
    const time = [view.period.days === 1 ? "time:hour" : "time:day"];
    const all = await Promise.all([
      question(span.now, six),
      question(span.before, six),
      question(span.now, six, time),
      question(span.before, six, time),
    ]);
    if (isLate()) return;
    const [total, before, series, seriesBefore] = all.map((it) => it.results);
    answered = {
      now: total[0]?.metrics ?? METRICS.map(() => 0),
      before: before[0]?.metrics ?? METRICS.map(() => 0),
      series: { span, today, now: byBucket(series), before: byBucket(seriesBefore) },
    };
    show();
    await Promise.all(lists);
  } catch (trouble) {
    if (!isLate()) failed(trouble);
  }
}

async function askFound(isLate) {
  try {
    const [found, lines] = await api.found(view.site.name);
    if (!isLate()) showFound(found, lines);
  } catch (trouble) {
    if (!isLate()) failed(trouble);
  }
}

async function askList(list, range, isLate) {
  const metrics = list.metrics.map((it) => it.id);
  try {
    const { results } = await question(range, metrics, [list.dimension]);
    if (!isLate()) showList(list, results, { filter: view.filter, choose: (filter) => look({ filter }) });
  } catch (trouble) {
    if (isLate()) return;
    // Some lists cannot be cut by some filters; the others still can.
    if (trouble.status >= 400 && trouble.status < 500 && ![401, 429].includes(trouble.status)) {
      sayInList(list, trouble.message);
    } else {
      failed(trouble);
    }
  }
}

const byBucket = (results) => new Map(results.map((it) => [bucketOf(it.dimensions[0]), it.metrics]));

function show() {
  if (!answered.series) return;
  const choose = (chosen) => {
    metric = chosen;
    show();
    document.querySelector("#figures [aria-pressed=true]").focus();
  };
  showFigures(answered.now, answered.before, { chosen: metric, choose });
  const { span, today, now: present, before } = answered.series;
  const names = buckets(span.now);
  const partial = names.indexOf(view.period.days === 1 ? today : today.slice(0, 10));
  const index = METRICS.indexOf(metric);
  /** A bucket nobody visited has no row; one folded away has a row without a figure. */
  const figure = (rows, name) => (rows.has(name) ? rows.get(name)[index] : 0);
  byId("series-title").textContent = `${metric.name} per ${view.period.days === 1 ? "hour" : "day"}`;
  draw({
    metric,
    names,
    now: names.map((name, at) => (at > partial && partial >= 0 ? null : figure(present, name))),
    before: buckets(span.before).map((name) => figure(before, name)),
    partial,
  });
  const views = answered.now[METRICS.findIndex((it) => it.id === "pageviews")];
  const nothing = "No visits yet. Point your DNS here, run the demo, or import a log with consentry import.";
  byId("made").textContent =
    views === 0 && !view.filter
      ? nothing
      : `Made from ${views == null ? "few" : count(views)} page views. Visitors are distinct within a day; a longer period is the sum of its days.`;
}

byId("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  api.keepToken(byId("token").value.trim());
  byId("token").value = "";
  open();
});
byId("site").addEventListener("change", () => {
  look({ site: sites.find((site) => site.name === byId("site").value), filter: null });
});
byId("page").addEventListener("click", () => look({ page: view.page === "found" ? "figures" : "found" }));
addEventListener("popstate", () => {
  if (!view) return;
  view = readView(sites);
  ask();
});
addEventListener("hashchange", () => location.hash && open());
addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (!view || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const period = PERIODS.find((it) => it.key === event.key);
  if (period) look({ period });
  if (event.key === "x" && view.filter) look({ filter: null });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width === width) return;
  width = contentRect.width;
  redraw();
}).observe(byId("series"));
setInterval(() => {
  if (view && !document.hidden && !byId("board").hidden) ask();
}, REFRESH_MS);
open();
