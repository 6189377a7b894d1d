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

/** What the keyboard reaches in it, in order. */
const reached = (target) => [...target.querySelectorAll("button, select, summary, textarea")];

/** What tells one from the others beside it, whatever its figures are. */
const nameOf = (one) => one.getAttribute("aria-label") ?? (one.querySelector(".label, .figure-name") ?? one).textContent;

/**
 * Puts these in place of what stands there. Where they say the same, all is left as it is, and so is whoever reads it; else
 * focus that was on something there goes to what has its name now, or its place, or stands next (WCAG 2.2, 2.4.3).
 *
 * @param {Element} target
 * @param {...Element} children whose listeners do the same as long as they say the same
 */
export function put(target, ...children) {
  const old = [...target.childNodes];
  if (old.length === children.length && old.every((it, at) => it.isEqualNode(children[at]))) return;
  const had = document.activeElement;
  const at = reached(target).indexOf(had);
  const name = at < 0 ? "" : nameOf(had);
  target.replaceChildren(...children);
  if (at < 0) return;
  const now = reached(target);
  const next = now.find((it) => nameOf(it) === name) ?? now[Math.min(at, now.length - 1)] ?? target.nextElementSibling;
  next?.focus({ preventScroll: true });
}

/** Says this there, unless it does: what is said to those who do not see it is not said again. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Rows with so many figures each, which stand below each other. */
export function table(rows, figures) {
  const list = element("ul", { class: "table" }, rows);
  list.style.setProperty("--figures", figures);
  return list;
}
