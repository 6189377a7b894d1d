/**
 * Part of keep.js on pages that React takes over from `document` down (hydrateRoot(document)). Whatever it did not write has
 * it throw the whole page away, but for what stands last in the body. So our scripts go once they ran, and the banner and what
 * stood in the head are last until React is done, and then first again.
 *
 * Gives what is to be done whenever children of the body change, which browsers tell of before the next script runs.
 */
export const hydrated = (guard, others, kept, put, keep) => {
  let isParsed;

  const stand = () => {
    if (isParsed) return;
    // A style sheet is told by its address, and asks for nothing while it is disabled.
    for (const link of document.querySelectorAll("[rel=stylesheet][data-consentry-href]")) {
      link.setAttribute("disabled", "");
      link.setAttribute("href", link.dataset.consentryHref);
    }
    const ours = [...others, kept.banner].filter((node) => node);
    if (ours.length && document.body.lastElementChild != ours.at(-1)) put(document.body, "append", ...ours);
  };

  /** React leaves a mark on what it took over. It is looked for so many times more. */
  const settle = (times) => {
    const { head, body } = document;
    const isOver = !times || Object.keys(body).some((key) => key.startsWith("__reactFiber"));
    if (!isOver) return setTimeout(settle, 100, times - 1);
    put(head, "prepend", ...others);
    // The question comes first to the keyboard.
    if (kept.banner) put(body, "prepend", kept.banner);
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
