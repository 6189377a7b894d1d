/**
 * Put in once, where a sign says that the page's scripts draw all of it anew (proxy/rewrite/redrawn.rs): the question, the
 * standing link, their forms and styles come back as soon as they are gone, and never twice. A question that was answered
 * stays away. What is set when it is built: __HYDRATED__ for pages that React compares with what its server wrote.
 */
import { hydrated } from "./hydrated.js";

/** Most often that anything is put back or moved: another script may be set on having it elsewhere. */
let left = 200;
/** By name; 0 where it was taken away by ourselves. */
const kept = {};
/** A tag that runs already may have put its own script before it. */
const guard = [...document.scripts].find(({ text }) => text.includes("self.consentry={"));
/** What stands in the head behind the guard, and whatever else has no name. */
const others = [guard?.nextElementSibling, document.getElementById("consentry_sent")].filter((node) =>
  /^(STYLE|META)$/.test(node?.tagName),
);

const put = (place, where, ...nodes) => {
  const focused = document.activeElement;
  if (left-- > 0) place[where](...nodes);
  // Whoever moves an element takes its focus.
  if (nodes.some((node) => node.contains(focused))) focused.focus({ preventScroll: true });
};

const keep = () => {
  const { documentElement, body } = document;
  for (const node of [document, documentElement, body]) if (node) observer.observe(node, { childList: true });
  if (!body) return;
  for (const name of ["banner", "open", "answer"])
    for (const named of document.querySelectorAll("#consentry-" + name)) {
      // The link stands in a region of its own.
      const found = named.closest("section") ?? named;
      // In a page that was read by a script the question has a form, too: what is in <noscript>.
      if (found == kept[name] || found == kept.banner) continue;
      if (kept[name] == 0 || kept[name]?.isConnected) found.replaceWith();
      else {
        kept[name] = found;
        // Ours goes by this call when it was answered (choice.js); who draws the page anew puts another body in its place.
        if (name == "banner") found.remove = () => found.replaceWith((kept.banner = ""));
      }
    }
  // Styles stand before the page's, which may say otherwise.
  for (const node of others) if (!node.isConnected) put(document.head || body, "prepend", node);
  for (const node of Object.values(kept))
    if (node && !node.isConnected) put(body, node == kept.banner ? "prepend" : "append", node);
  if (__HYDRATED__) stand();
};

const observer = new MutationObserver(keep);
const stand = __HYDRATED__ && hydrated(guard, others, kept, put, keep);
document.currentScript.remove();
keep();
