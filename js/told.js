/**
 * Part of the file that pages fetch for an answer: says what became of it to who does not see the page, and keeps their
 * place in it (WCAG 2.2, 4.1.3 and 2.4.3). It speaks after the page was loaded again, too: landing.js asks for it.
 */
export const find = (id) => document.getElementById(id);

/** Focus that was lost goes to the element of this id, or to the film whose address it is, or else to where the page begins. */
const land = (id) => {
  if (document.activeElement != document.body) return;
  const target = find(id) || document.querySelector(`[src="${id}"]`) || document.querySelector("main") || document.body;
  if (target.tabIndex < 0 && !target.hasAttribute("tabindex")) {
    target.tabIndex = -1;
    // No ring around half the page, and nothing to be clicked into later.
    const { outline } = target.style;
    target.style.outline = "none";
    const leave = () => {
      target.removeAttribute("tabindex");
      target.style.outline = outline;
    };
    target.addEventListener("blur", leave, { once: true });
  }
  target.focus({ preventScroll: true });
};

/** The region stands there before anything is said in it: else nobody would hear it. */
const region = (lang) => {
  const made = document.createElement("p");
  made.id = "consentry-status";
  made.setAttribute("role", "status");
  made.lang = lang;
  made.dir = "ltr";
  made.style.cssText = "position:absolute;clip-path:inset(50%)";
  document.body.append(made);
  return made;
};

/** Says what stands, in the sentence that the preference page has for it, and in these places, too. */
const say = async (places) => {
  const { href, lang } = find("consentry-open");
  const status = find("consentry-status") || region(lang);
  const reply = await fetch(href, { headers: { "Accept-Language": lang } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const { dataset, textContent } = page.querySelector("[role=status]");
  for (const place of [status, ...places]) place.textContent = dataset.said || textContent;
};

/** Does it at once, or when the page has been read. */
export const whenRead = (job) => (document.readyState == "loading" ? addEventListener("DOMContentLoaded", job) : job());

/** Once there is a page to say it in. */
export const told = (id, places = []) =>
  whenRead(() => {
    // What cannot be said is left unsaid.
    say(places).catch(() => {});
    land(id);
  });
