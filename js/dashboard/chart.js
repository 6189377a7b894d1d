/** The time series: now as a line with an area below, before as a dashed line, zero-based. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { byId, element } from "./dom.js";
import { longName, shortName } from "./dates.js";
import { FEW } from "./format.js";

const HEIGHT = 260;
const LABEL_WIDTH = 64;
const FONT = "13px system-ui, sans-serif";

let plot = null;
let drawn = null;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * @param {{ metric: object, names: string[], now: (number|null)[], before: (number|null)[], partial: number }} series
 *   `partial` is the index of the bucket that is not over yet, or -1
 */
export function draw(series) {
  drawn = series;
  plot?.destroy();
  const target = byId("plot");
  const indexes = series.names.map((_, index) => index);
  const data = [indexes, series.before, series.now];
  plot = new uPlot({ ...options(series), width: target.clientWidth, height: HEIGHT }, data, target);
  target.setAttribute("role", "img");
  target.setAttribute("aria-label", `${series.metric.name} over time; the same figures stand in the table below`);
  read(series, null);
  table(series);
}

/** Draws again what was drawn, in the present size and colours. */
export function redraw() {
  if (drawn) draw(drawn);
}

function options(series) {
  const grid = { stroke: colour("hair"), width: 1 };
  const axis = { stroke: colour("soft"), font: FONT, ticks: { show: false } };
  const point = { show: false };
  return {
    scales: { x: { time: false, range: [0, series.names.length - 1] }, y: { range: (_, __, max) => [0, top(max)] } },
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
    padding: [12, 24, 0, 0],
    axes: [
      { ...axis, grid: { show: false }, splits: (it) => ticks(series.names.length, it.width), values: (_, at) => at.map((index) => shortName(series.names[index])) },
      { ...axis, grid, size: 56, values: (_, at) => at.map((value) => series.metric.show(value)) },
    ],
    series: [
      {},
      { stroke: colour("before"), width: 1.5, dash: [4, 4], points: point },
      { stroke: colour("accent"), width: 2, fill: colour("area"), points: point },
    ],
    hooks: {
      drawClear: [(it) => hatch(it, series)],
      setCursor: [(it) => read(series, it.cursor.idx)],
    },
  };
}

/** Room above the highest value; an empty chart still has a scale. */
const top = (max) => (max > 0 ? max * 1.08 : 4);

/** Indexes that get a label: evenly spaced, and as many as fit. */
function ticks(length, width) {
  const fitting = Math.max(2, Math.floor(width / LABEL_WIDTH));
  const step = [1, 2, 3, 6, 7, 14, 28, 56, 91].find((it) => length / it <= fitting) ?? 182;
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

/** Marks the bucket that is not over yet. */
function hatch(it, { partial, names }) {
  if (partial < 1) return;
  const { ctx, bbox } = it;
  const left = it.valToPos(partial - 1, "x", true);
  const right = it.valToPos(Math.min(partial, names.length - 1), "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour("hair");
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = left - bbox.height; x < right; x += 8 * devicePixelRatio) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

const shown = (metric, value) => (value == null ? FEW.text : metric.show(value));

/** The sentence above the chart: the bucket under the pointer, or what the lines mean. */
function read({ metric, names, now, before, partial }, index) {
  const target = byId("reading");
  if (index == null) {
    const hatched = partial > 0 ? " · hatched: not over yet" : "";
    target.textContent = `Line: now · dashed: before${hatched}`;
    return;
  }
  const present = index > partial && partial >= 0 ? "not yet" : shown(metric, now[index]);
  target.textContent = `${longName(names[index])}: ${present} · before: ${shown(metric, before[index])}`;
}

function table({ metric, names, now, before, partial }) {
  const cell = (text) => element("td", { text });
  const rows = names.map((name, index) =>
    element("tr", {}, [
      element("th", { scope: "row", text: longName(name) }),
      cell(index > partial && partial >= 0 ? "" : shown(metric, now[index])),
      cell(shown(metric, before[index])),
    ]),
  );
  const head = ["When", metric.name, "Before"].map((text) => element("th", { scope: "col", text }));
  byId("series-table").replaceChildren(
    element("table", {}, [element("thead", {}, [element("tr", {}, head)]), element("tbody", {}, rows)]),
  );
}
