/**
 * In the <head> of a page with the question: what has to be there at once. Everything it does works without it: the banner is a
 * plain form.
 *
 * A press is sent at once, so that it arrives even when the page is left; what follows from the reply stands in choice.js, a file
 * that is fetched then. Where either fails, the browser sends the form.
 *
 * What is set when it is built: __ALONE__ in pages that may fetch no file of ours. There choice.js stands before it, and the link
 * and the third button lead to the preferences on a page of their own. __AFTER_PAINT__: how long what the first paint does not
 * need waits, in milliseconds.
 */
{
  const question = () => document.querySelector("#consentry-banner");
  // A document in a sandbox is of no origin ("null", not "http…"), may not read cookies, and hears of no answer.
  const isAnswered = () => origin > "i" || /consentry=/.exec(document.cookie);

  let isLeft;

  // Until the file is there both are one: choose() opens when it is given nothing, or an event.
  if (!__ALONE__)
    consentry.open = consentry.choose = (...given) => import(consentry.at + "choice.js").then(() => consentry.choose(...given));

  // First of all who listen: shops' scripts send forms in ways of their own.
  addEventListener(
    "click",
    (event) => {
      // Words may stand in an element of their own, as where a page is translated; and what a script clicks may be a document.
      const button = event.target.closest?.(__ALONE__ ? "[form^=consentry-]" : "#consentry-open,[form^=consentry-]");
      if (!button || isLeft || event.ctrlKey || event.metaKey) return;
      if (__ALONE__ && button.form && !button.name) return;
      // The browser sends the form; not where there is no network: its error page would stand in place of the shop's.
      const leave = () => (isLeft = consentry.busy = navigator.onLine) && (consentry.last || button).click();
      // The link and the third button have no name.
      if (button.name) {
        // What is pressed while an answer is on its way is sent after it, unless it is the same: choice.js presses it again.
        consentry.last = button;
        // The form is the last thing in the page, and may not be there yet. The banner has its fields.
        const body = new URLSearchParams(button.form ? new FormData(button.form) : question().dataset);
        body.set(button.name, button.value);
        consentry.busy ||= fetch(consentry.at + "choice", { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true })
          .then((reply) => consentry.choose(button, reply))
          .catch(leave);
      } else consentry.choose(button).catch(leave);
      // Last: where a shop's own fetch throws, the browser sends the form.
      event.preventDefault();
    },
    true,
  );

  // What was typed is not to be lost, wherever in the page it was (stays.js). What a script says of its own fields nobody typed.
  addEventListener("input", (event) => (consentry.typed ||= event.isTrusted));

  // What gets focus is moved from under the banner where all of it is hidden, as far as the style says. What is fixed does not
  // move, and nor does the page for it. It may stand in a shadow tree, whose host is a box somewhere else.
  const uncover = (target) => {
    const its = target.getBoundingClientRect();
    const at = question()?.getBoundingClientRect();
    if (its.top >= at?.top && its.right <= at.right) target.scrollIntoView({ block: "nearest", behavior: "instant" });
  };
  addEventListener("focusin", (event) => uncover(event.composedPath()[0]));
  // A phone is turned, or its keyboard comes.
  addEventListener("resize", () => uncover(document.activeElement));

  // A shop that moves or filters its whole page takes what is fixed along, and the question out of view. The observer
  // looks after the page was laid out, so that nothing is laid out for it before the first paint.
  addEventListener("load", () =>
    setTimeout(() => {
      const banner = question();
      if (!banner) return;
      new IntersectionObserver(([seen]) => {
        if (seen.boundingClientRect.top > innerHeight) {
          banner.popover = "manual";
          banner.showPopover?.();
        }
      }).observe(banner);
    }, __AFTER_PAINT__),
  );

  // A no in another tab: the page stays right, the question is answered. A cookie that was there before and yet led to
  // the question is one the gateway does not believe. Looked for after the first paint; a no that comes before it leaves a
  // question that can be answered again.
  setTimeout(() => {
    if (isAnswered()) return;
    const look = () => isAnswered() && question()?.remove();
    addEventListener("pageshow", look);
    addEventListener("visibilitychange", look);
  }, __AFTER_PAINT__);
}
