import { stays } from "./stays.js";
import { find } from "./told.js";

/**
 * The preference centre over the page, as a <dialog>: focus moves in, the page behind it is inert, Escape and "Back"
 * close it without choosing, and focus returns to where it was. Browsers do all of this for a modal dialog.
 *
 * What it shows is the page PREFIX/consent (`way` says where), form and style, in a shadow tree, so that neither the shop's style nor ours
 * reaches the other's. Answers are sent by `send` of choice.js; what takes all back is sent as the form it is, after `tell` told
 * the tags of it.
 */
export function preferences(consentry, send, way, tell) {
  let opening;

  const show = async () => {
    // Where the way does not say the language, the page does.
    const reply = await fetch(way(), { headers: { "Accept-Language": document.documentElement.lang } });
    if (!reply.ok) throw reply;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    // Each leads where it leads on its own page, whatever a <base> of the shop's says for what stands in the shop's.
    for (const name of ["href", "action", "formAction"])
      for (const one of page.querySelectorAll(`[${name}]`)) {
        one[name] = one[name];
        one.target = "_self";
      }
    const host = document.createElement("div");
    host.id = "consentry-dialog";
    // Ours goes its own way, whichever way the shop's page goes, and whatever the shop hides.
    const { lang, dir } = page.documentElement;
    Object.assign(host, { lang, dir: dir || "ltr" });
    host.style.cssText = "display:block!important;visibility:visible!important";
    const root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(page.querySelector("style").textContent.replaceAll(":root", ":host"));
    root.adoptedStyleSheets = [style];
    const dialog = document.createElement("dialog");
    const back = document.createElement("button");
    back.className = "back";
    back.textContent = page.querySelector("nav a").textContent;
    back.onclick = () => dialog.close();
    const title = page.querySelector("h1");
    title.tabIndex = -1;
    title.autofocus = true;
    dialog.setAttribute("aria-labelledby", "title");
    const foot = document.createElement("p");
    foot.className = "foot";
    foot.append(...page.querySelector("footer").childNodes);
    // The way out and the answers stand beside what scrolls, not over it: nothing in it is ever covered.
    const inner = document.createElement("div");
    inner.className = "inner";
    inner.append(...page.querySelector("main").childNodes, foot);
    const buttons = inner.querySelector(".buttons");
    for (const button of buttons.children) button.setAttribute("form", "form");
    dialog.append(back, inner, buttons);
    root.append(dialog);
    dialog.addEventListener("close", () => host.remove());
    // What is switched here is sent, and nothing of the page that could be lost (question.js).
    dialog.addEventListener("input", (event) => event.stopPropagation());
    dialog.addEventListener("submit", (event) => {
      const { target, submitter } = event;
      const isOn = submitter.value == "all" || (submitter.value == "some" && target.querySelector(":checked"));
      if (!isOn && !consentry.busy && !stays(1) && navigator.onLine && target.querySelector("[checked]")) {
        // All is taken back: a plain form, as without scripts. Nothing is to be kept for the page that follows, which
        // hears of it from forget.js. The guard leaves it alone. Tags that run hear of it in this one.
        consentry.busy = 1;
        return tell([]);
      }
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(target));
      fields.append(submitter.name, submitter.value);
      dialog.close();
      send(fields);
    });
    document.body.append(host);
    dialog.showModal();
    // A modal dialog that is not seen would leave a page that nobody can use.
    if (dialog.offsetHeight) return;
    dialog.close();
    throw host;
  };

  return () =>
    find("consentry-dialog") ||
    (opening ||= show()
      .catch(() => navigator.onLine && (location.href = way()))
      .finally(() => (opening = 0)));
}
