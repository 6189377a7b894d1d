/**
 * Last in <body>. Sends the same form the browser would send, without leaving the page where that is possible.
 * Everything it does works without it: the banner is a plain form.
 *
 * window.consentry
 *   consent         the categories that stand, always with "necessary"
 *   open()          goes to the page where the choice can be changed
 *   choose(choice)  "all", "none", or { categories: [...], trackers: [...] }; resolves when the answer is stored
 * document hears "consentry:change" with detail.consent after each choice.
 *
 * __BANNER__ is set when the file is built: pages without a question get the variant without the banner's part,
 * as a file of its own that is fetched when a page script calls choose().
 */
(() => {
  const { consentry } = self;
  const link = document.getElementById("consentry-open");
  const action = link.href.replace(/consent(\?.*)?$/, "choice");
  let banner;

  /** Sends the form the way a browser without scripts does. */
  const submit = (fields) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = action;
    fields.forEach((value, name) => {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    });
    document.body.append(form);
    form.submit();
  };

  const close = () => {
    const hadFocus = banner.contains(document.activeElement);
    banner.remove();
    const status = document.getElementById("consentry-status");
    status.textContent = status.dataset.said;
    if (!hadFocus) return;
    const target = document.querySelector("main") || document.body;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  };

  const send = async (fields) => {
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch(action, { method: "POST", body: fields, headers, keepalive: true });
      if (!answer.ok) throw answer;
    } catch {
      return submit(fields);
    }
    const choice = fields.get("choice");
    const had = consentry.consent[1];
    const granted =
      choice == "all" ? ["preferences", "statistics", "marketing"] : choice == "some" ? fields.getAll("category") : [];
    consentry.consent = ["necessary", ...granted];
    document.dispatchEvent(new CustomEvent("consentry:change", { detail: { consent: consentry.consent } }));
    // After a refusal the page that stands here is already the right one.
    if (__BANNER__ && banner && choice == "none" && !had) return close();
    try {
      history.replaceState({ consentry: [document.referrer, history.state] }, "");
    } catch {}
    location.reload();
  };

  consentry.open = () => location.assign(link);
  consentry.choose = (choice) => {
    const fields = new URLSearchParams({
      return: location.pathname + location.search,
      choice: choice.big ? choice : "some",
    });
    choice.categories?.forEach((category) => fields.append("category", category));
    choice.trackers?.forEach((tracker) => fields.append("tracker", tracker));
    return send(fields);
  };

  if (!__BANNER__) return;
  banner = document.getElementById("consentry-banner");
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (target.action != action || !submitter?.name) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(target));
    fields.append(submitter.name, submitter.value);
    send(fields);
  });
})();
