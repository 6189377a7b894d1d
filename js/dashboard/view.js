/** What is looked at. It stands in the address, so a view can be kept, shared and gone back to. */

import { PERIODS } from "./dates.js";

const DEFAULT_PERIOD = "7d";

/** Reads the view from the address; what cannot be read falls back. */
export function readView(sites) {
  const asked = new URLSearchParams(location.search);
  const site = sites.find((it) => it.name === asked.get("site")) ?? sites[0];
  const id = asked.get("period") ?? DEFAULT_PERIOD;
  const period = PERIODS.find((it) => it.id === id) ?? PERIODS.find((it) => it.id === DEFAULT_PERIOD);
  const filter = /^((?:event|visit):[a-z_]+),(.+)$/s.exec(asked.get("filter") ?? "");
  const page = asked.get("page") === "found" ? "found" : "figures";
  return { site, period, page, filter: filter ? { dimension: filter[1], value: filter[2] } : null };
}

/** Writes the view into the address, as a step one can go back from. */
export function writeView({ site, period, page, filter }) {
  const next = new URLSearchParams({ site: site.name, period: period.id });
  if (filter) next.set("filter", `${filter.dimension},${filter.value}`);
  if (page === "found") next.set("page", page);
  history.pushState(null, "", `?${next}`);
}
