/** The six totals, each with its change, each a button that draws it. */

import { byId, element, put } from "./dom.js";
import { FEW, METRICS, change } from "./format.js";

/**
 * @param {(number|null)[] | null} now null while they are on their way
 * @param {(number|null)[] | null} before
 * @param {{ chosen: object, choose: (metric: object) => void }} choice
 */
export function showFigures(now, before, { chosen, choose }) {
  const cells = METRICS.map((metric, index) =>
    element("button", { type: "button", "aria-pressed": String(metric === chosen), onclick: () => choose(metric) }, [
      element("span", { class: "figure-name", text: metric.name }),
      value(metric, now ? now[index] : undefined),
      moved(metric, now?.[index], before?.[index]),
    ]),
  );
  put(byId("figures"), ...cells);
}

function value(metric, figure) {
  if (figure === undefined) return element("span", { class: "figure", text: "\u2007" });
  if (figure === null) return element("span", { class: "figure", text: FEW.text, title: FEW.why });
  return element("span", { class: "figure", text: metric.show(figure) });
}

function moved(metric, now, before) {
  const by = change(metric, now, before);
  if (!by) return element("span", { class: "change", text: "\u00a0" });
  const said = by.direction > 0 ? "up " : by.direction < 0 ? "down " : "";
  return element("span", { class: "change", title: `Before: ${metric.show(before)}` }, [
    element("span", { "aria-hidden": "true", text: `${by.arrow} ` }),
    element("span", { class: "visually-hidden", text: said }),
    element("span", { text: by.text }),
  ]);
}
