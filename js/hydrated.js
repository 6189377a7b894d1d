/**
 * Part of keep.js on pages that React takes over from `document` down (hydrateRoot(document)). Whatever it did not write has
 * it throw the whole page away, but for what stands last in the body. So our scripts go once they ran; the banner and what
 * stood in the head are last until React is done, and then first again; and stand-ins for frames are out of the page that long.
 *
 * Gives what is to be done whenever children of the body change, which browsers tell of before the next script runs.
 */
export const hydrated = (guard, others, kept, put, keep) => {
  let isParsed;
  /** What belongs first in the head. */
  let first = [...others];
  /** Stand-ins, and where each belongs. */
  const held = new Map();

  const stand = () => {
    if (isParsed) return;
    for (const style of document.querySelectorAll("style"))
      if (style.textContent.startsWith("[data-consentry-held]") && !others.includes(style)) others.push(style);
    for (const standIn of document.querySelectorAll(".consentry-placeholder")) {
      const { previousElementSibling: frame, nextElementSibling: next } = standIn;
      // What one stands before may still be on its way.
      if (frame?.matches("[data-consentry-embed]")) held.set(standIn, [frame, "after"]);
      else if (next) held.set(standIn, [next, "before"]);
      else continue;
      standIn.remove();
    }
    // A style sheet is told by its address, and asks for nothing while it is disabled.
    for (const link of document.querySelectorAll("[rel=stylesheet][data-consentry-href]")) {
      link.setAttribute("disabled", "");
      link.setAttribute("href", link.dataset.consentryHref);
    }
    const ours = [...others, kept.banner].filter((node) => node);
    if (ours.length && document.body.lastElementChild != ours.at(-1)) put(document.body, "append", ...ours);
  };

  /** React leaves marks on what it took over. They are looked for so many times more. */
  const has = (node, mark) => Object.keys(node).some((key) => key.startsWith("__react" + mark));
  const settle = (times) => {
    const { head, body } = document;
    const isOver = !times || has(body, "Fiber");
    for (const [standIn, [frame, where]] of held) {
      // A frame may wait for more than the page around it; and React may have taken over that part alone.
      if (times && frame.isConnected && !(has(frame, "Fiber") && (isOver || !has(document, "Container")))) continue;
      if (frame.isConnected) frame[where](standIn);
      held.delete(standIn);
    }
    if (isOver && first) {
      put(head, "prepend", ...first);
      // The question comes first to the keyboard.
      if (kept.banner) put(body, "prepend", kept.banner);
      first = 0;
    }
    if (times && (first || held.size)) setTimeout(settle, 100, times - 1);
  };

  // What stands before it the page's server did not write either: tags put their scripts before the first they find.
  while (guard?.previousElementSibling) document.head.append(guard.previousElementSibling);
  guard?.remove();
  // What makes stand-ins for scripts, and stand-ins: those that ran, and each that will.
  for (const script of [...document.scripts]) if (/consentry\.idle[=(]/.test(script.text)) script.remove();
  const ran = () => document.currentScript.remove();
  let { idle } = consentry;
  Object.defineProperty(consentry, "idle", {
    get: () => (...names) => ran(idle(...names)),
    set: (made) => ran((idle = made)),
  });
  document.addEventListener("readystatechange", () => {
    if (isParsed) return;
    keep();
    isParsed = 1;
    settle(300);
  });
  return stand;
};
