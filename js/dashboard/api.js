/** Questions to the statistics API. The token lives as long as the tab. */

const PLACE = "consentry-token";

/** What went wrong, with the sentence to show. */
export class Trouble extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** The token of this tab. A link may bring one behind "#token="; it is taken out of the address at once. */
export function token() {
  const brought = /^#token=(.+)$/.exec(location.hash);
  if (brought) {
    keepToken(decodeURIComponent(brought[1]));
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(PLACE);
}

export const keepToken = (text) => sessionStorage.setItem(PLACE, text);
export const forgetToken = () => sessionStorage.removeItem(PLACE);

const ask = (path, options) => get(path, (answer) => answer.json(), options);

async function get(path, read, options) {
  let answer;
  try {
    const headers = { Accept: "application/json", ...options?.headers, Authorization: `Bearer ${token()}` };
    answer = await fetch(path, { ...options, headers });
  } catch {
    throw new Trouble(0, "The gateway does not answer. It is asked again in a minute.");
  }
  const body = await read(answer).catch(() => null);
  if (answer.ok && body != null) return body;
  throw new Trouble(answer.status, sentence(answer, body));
}

function sentence(answer, body) {
  if (answer.status === 401) return "This token is not known here. Was it typed in full?";
  if (answer.status === 403) return "This token may not read this site.";
  if (answer.status === 429) return "Too many questions in a minute. It is asked again soon.";
  const said = body?.error?.message ?? body?.error;
  return typeof said === "string" ? said : `The question was not answered (status ${answer.status}).`;
}

/** @returns {Promise<{ name: string, time_zone: string }[]>} */
export const sites = async () => (await ask("/api/sites")).sites;

/** What was seen on a site, and the lines for its settings. */
export const found = (site) => {
  const path = `/api/inventory?${new URLSearchParams({ site })}`;
  return Promise.all([ask(path), get(`${path}&format=toml`, (answer) => answer.text())]);
};

/** The same question, answered as comma-separated values. */
export const table = (question) =>
  get("/api/v2/query", (answer) => (answer.ok ? answer.text() : answer.json()), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/csv" },
    body: JSON.stringify(question),
  });

/** @returns {Promise<{ results: { dimensions: string[], metrics: (number|null)[] }[], meta?: object }>} */
export const query = (question) =>
  ask("/api/v2/query", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
