/**
 * In the <head> of a page with the banner. Sends the same form the browser would send, without leaving the page where
 * that is possible. Everything it does works without it: the banner is a plain form.
 *
 * window.consentry
 *   consent         the categories that stand, always with "necessary"
 *   open()          shows where the choice can be changed
 *   choose(choice)  "all", "none", or { categories: [...], trackers: [...] }; resolves when the answer is stored, and
 *                   fails with the server's Response when it is not taken
 *   at              where the pages of the gateway stand: an address with a slash at the end
 *   busy            an answer is on its way: the guard waits
 * document hears "consentry:change" with detail.consent after each choice.
 *
 * What is set when it is built: __BANNER__ in pages with the question; __ALONE__ in pages that may fetch no file of ours;
 * __DIALOG__ in the file that other pages fetch when somebody opens the preferences or a page script calls choose().
 */
import { preferences } from "./dialog.js";

const { consentry } = self;
const action = consentry.at + "choice";
const find = (id) => document.getElementById("consentry-" + id);

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

const close = (banner) => {
  const hadFocus = banner.matches(":focus-within");
  banner.remove();
  const status = find("status");
  status.textContent = status.dataset.said;
  if (!hadFocus) return;
  const target = document.querySelector("main") || document.body;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
};

/** Tells tags that run already, before anybody else hears of the answer. */
const tell = (said) => {
  const ads = said("marketing");
  const counts = said("statistics");
  const likes = said("preferences");
  try {
    consentry.gtag("consent", "update", {
      security_storage: "granted",
      functionality_storage: likes,
      analytics_storage: counts,
      ad_storage: ads,
      ad_user_data: ads,
      ad_personalization: ads,
      personalization_storage: likes,
    });
    self.uetq?.push("consent", "update", { ad_storage: ads });
    self.clarity?.("consentv2", { ad_Storage: ads, analytics_Storage: counts });
  } catch {}
};

/** `leave` sends the answer in the way of browsers, where the server does not take it from here: it then says why. */
const send = async (fields, leave) => {
  consentry.busy = 1;
  let now;
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(action, { method: "POST", body: fields, headers, keepalive: true });
    if (!answer.ok) throw answer;
    now = await answer.json();
  } catch (refused) {
    return leave(refused);
  }
  const { granted, receipt, takes_back } = now;
  consentry.consent = ["necessary", ...granted];
  tell((category) => (granted.includes(category) ? "granted" : "denied"));
  document.dispatchEvent(new CustomEvent("consentry:change", { detail: consentry }));
  const banner = __BANNER__ && find("banner");
  // Only a grant has a receipt.
  if (banner && !receipt && !takes_back) {
    // The page that stands here is already the right one.
    consentry.busy = 0;
    return close(banner);
  }
  // Before the page goes: what was taken back may be kept under names that no server sees.
  if (takes_back && !__ALONE__) await import(consentry.at + "choice.js?forget").catch(() => {});
  if (receipt)
    try {
      history.replaceState({ consentry: [document.referrer, history.state] }, "");
    } catch {}
  location.reload();
};

if (__DIALOG__) consentry.open = preferences(consentry, (fields) => send(fields, () => submit(fields)), () => find("open"));
else if (__ALONE__) consentry.open = () => find("open").click();

// With a banner and files, choose() is one of those.
if (!__BANNER__ || __ALONE__)
  consentry.choose = (choice) => {
    // Who has no choice yet is asked for it.
    if (!choice) return consentry.open();
    const fields = new URLSearchParams({
      return: location.pathname + location.search,
      layer: "script",
      choice: choice.big ? choice : "some",
    });
    choice.categories?.forEach((category) => fields.append("category", category));
    choice.trackers?.forEach((tracker) => fields.append("tracker", tracker));
    return send(fields, (refused) => {
      if (!refused.status) return submit(fields);
      // The script that asked hears of it; the page stays.
      consentry.busy = 0;
      throw refused;
    });
  };

if (__BANNER__) {
  let isLeft;
  const answered = (event) => {
    const { target, submitter } = event;
    // Told by where it stands: a field of the shop's own form may be called "action", a <base> may lead ours elsewhere.
    if (!target.closest("[id^=consentry-]") || !submitter) return;
    event.stopPropagation();
    if (isLeft) return;
    // The third button has no name: it leads to the preferences.
    const isAnswer = submitter.name;
    if (!isAnswer && __ALONE__) return;
    event.preventDefault();
    if (!isAnswer) return consentry.open();
    const fields = new URLSearchParams(new FormData(target));
    fields.append(submitter.name, submitter.value);
    send(fields, () => {
      isLeft = 1;
      submitter.click();
    });
  };
  // First of all who listen: shops' scripts send forms in ways of their own.
  addEventListener("submit", answered, true);

  // What gets focus is moved from under the banner: browsers heed scroll-padding for what is out of view, and only for that.
  addEventListener("focusin", ({ target }) => {
    const banner = find("banner");
    if (!banner || banner.contains(target)) return;
    const ours = banner.getBoundingClientRect();
    const its = target.getBoundingClientRect();
    if (its.bottom > ours.top && its.top < ours.bottom && its.left < ours.right && its.right > ours.left)
      scrollBy({ top: its.bottom - ours.top + 8, behavior: "instant" });
  });

  // A no in another tab: the page stays right, the question is answered. A cookie that was there before and yet led to
  // the question is one the gateway does not believe.
  const isAnswered = () => document.cookie.includes("consentry=");
  if (!isAnswered())
    ["pageshow", "visibilitychange"].map((event) =>
      addEventListener(event, () => isAnswered() && !consentry.busy && find("banner")?.remove()),
    );
}
