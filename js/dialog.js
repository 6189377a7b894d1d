/**
 * The preference centre over the page, as a <dialog>: focus moves in, the page behind it is inert, Escape and "Back"
 * close it without choosing, and focus returns to where it was. Browsers do all of this for a modal dialog.
 *
 * What it shows is the page PREFIX/consent, form and style, in a shadow tree, so that neither the shop's style nor ours
 * reaches the other's. A yes is sent by `send` of choice.js, a no as the form it is.
 */
export function preferences(consentry, send, link) {
  let opening;

  const show = async () => {
    const reply = await fetch(link().href, { headers: { "Accept-Language": link().lang } });
    if (!reply.ok) throw reply;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    // Each leads where it leads on its own page: a <base> of the shop's holds for what stands in the shop's page.
    if (document.querySelector("base"))
      for (const name of ["href", "action", "formAction"])
        for (const one of page.querySelectorAll(`[${name}]`)) one[name] = one[name];
    const host = document.createElement("div");
    host.id = "consentry-dialog";
    const { lang, dir } = page.documentElement;
    Object.assign(host, { lang, dir });
    const root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(page.querySelector("style").textContent.replaceAll(":root", ":host"));
    root.adoptedStyleSheets = [style];
    const dialog = document.createElement("dialog");
    const back = document.createElement("button");
    back.type = "button";
    back.className = "back";
    back.textContent = page.querySelector("nav a").textContent;
    back.addEventListener("click", () => dialog.close());
    const title = page.querySelector("h1");
    title.id = "title";
    title.tabIndex = -1;
    title.autofocus = true;
    dialog.setAttribute("aria-labelledby", "title");
    const foot = document.createElement("p");
    foot.className = "foot";
    foot.append(...page.querySelector("footer").childNodes);
    dialog.append(back, ...page.querySelector("main").childNodes, foot);
    root.append(dialog);
    dialog.addEventListener("close", () => host.remove());
    dialog.addEventListener("submit", (event) => {
      const { target, submitter } = event;
      if (submitter.value == "none") {
        // A plain form, as without scripts: nothing is to be kept for the page that follows. The guard leaves it alone.
        consentry.busy = 1;
        return;
      }
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(target));
      fields.append(submitter.name, submitter.value);
      dialog.close();
      send(fields);
    });
    document.body.append(host);
    dialog.showModal();
  };

  return () => {
    if (document.getElementById("consentry-dialog")) return;
    opening ??= show()
      .catch(() => (location.href = link().href))
      .finally(() => (opening = 0));
    return opening;
  };
}
