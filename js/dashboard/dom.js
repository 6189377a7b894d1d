/** Elements, made without markup: what comes from the API goes in as text. */

/** The element of that id, which index.html has. */
export const byId = (id) => document.getElementById(id);

/**
 * @param {string} name
 * @param {Record<string, unknown>} given attributes; `on…` are listeners, `text` is the text
 * @param {Node[]} children
 */
export function element(name, given = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue;
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** Rows with so many figures each, which stand below each other. */
export function table(rows, figures) {
  const list = element("ul", { class: "table" }, rows);
  list.style.setProperty("--figures", figures);
  return list;
}
