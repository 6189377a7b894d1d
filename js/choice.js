/**
 * In the <head> of a page with the banner. Sends the same form the browser would send, without leaving the page where
 * that is possible. Everything it does works without it: the banner is a plain form.
 *
 * window.consentry
 *   consent         the categories that stand, always with "necessary"
 *   open()          shows where the choice can be changed
 *   choose(choice)  "all", "none", or { categories: [...], trackers: [...] }; resolves when the answer is stored, and
 *                   fails with an Error that has the server's sentence and status when it is not taken, and with a
 *                   TypeError when it is no choice: nothing is sent then
 *   at              where the pages of the gateway stand: an address with a slash at the end
 *   busy            an answer is on its way: the guard waits, and so does the next answer
 *   last            what was answered last: the same once more is not sent while it is on its way
 *   told(id)        says what stands now, and gives lost focus a place (told.js)
 *   again(receipt, back)  loads the page again, if nothing is lost by it (stays.js); else gives something
 *   stands()        where no file may be fetched: tells tags what another tab's answer left standing, before the page goes
 * document hears "consentry:change" with detail.consent after each choice.
 *
 * What is set when it is built: __BANNER__ in pages with the question; __ALONE__ in pages that may fetch no file of ours;
 * __DIALOG__ in the file that other pages fetch when somebody opens the preferences or a page script calls choose().
 */
import { preferences } from "./dialog.js";
import { stays } from "./stays.js";
import { tell } from "./tell.js";
import { told } from "./told.js";

const link = () => document.getElementById("consentry-open");
const question = () => document.getElementById("consentry-banner");

/** The page goes with the form: what it takes back is told now, and what it grants when it stands. */
const takenBack = (fields) => {
  const choice = fields.get("choice");
  const stay = choice == "none" ? [] : fields.getAll("category");
  if (choice != "all") tell(stay.filter((category) => consentry.consent.includes(category)));
};

/** Sends the form the way a browser without scripts does. */
const submit = (fields) => {
  takenBack(fields);
  const form = document.createElement("form");
  form.method = "post";
  // In the language of the page, with the way back: should it be refused, a page says so.
  form.action = consentry.at + "choice" + (link()?.search ?? "");
  form.target = "_self";
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

/** `leave` sends the answer in the way of browsers, where the server does not take it from here: it then says why. */
const post = async (fields, leave, before) => {
  let now;
  await before;
  try {
    const how = { method: "POST", body: fields, headers: { Accept: "application/json" }, keepalive: true };
    // The browser says where a script stands; which of its addresses are paths to come back to, the server knows.
    if (!__BANNER__ || __ALONE__) how.referrerPolicy = "same-origin";
    const answer = await fetch(consentry.at + "choice", how);
    if (!answer.ok) throw answer;
    now = await answer.json();
  } catch (refused) {
    return leave(refused);
  }
  // What follows from an answer follows from the last one.
  if (consentry.last != fields) return;
  const { granted, receipt, takes_back } = now;
  // Said before, and the page was made for it? One that asks was not.
  if (!__BANNER__ && now.unchanged && consentry.consent + "" == ["necessary", ...granted]) {
    consentry.busy = 0;
    question()?.remove();
    // What a script says again on every page is no news to anybody.
    return fields.get("layer") != "script" && consentry.told?.();
  }
  tell(granted);
  if (!__ALONE__ && !__DIALOG__) await import(consentry.at + "choice.js").catch(() => {});
  // Only a grant has a receipt; and a page that is not the one for what stood already is loaded again.
  const isRight = !receipt && !takes_back && (__BANNER__ || !now.unchanged);
  if (!isRight && !(await (consentry.again?.(receipt, takes_back) ?? location.reload()))) return;
  // The page that stands here is already the right one, or the next one is.
  consentry.busy = 0;
  question()?.remove();
  return consentry.told?.();
};

/** One answer after the other, in the order they were given. */
const send = (fields, leave) => {
  const { busy, last } = consentry;
  if (busy && last + "" == fields) return busy;
  consentry.last = fields;
  return (consentry.busy = post(fields, leave, busy));
};

if (__DIALOG__ || __ALONE__) {
  consentry.told = told;
  consentry.again = async (receipt, takesBack) => {
    // Before the page goes: what was taken back may be kept under names that no server sees.
    if (takesBack && !__ALONE__) await import(consentry.at + "choice.js?forget").catch(() => {});
    if (stays(takesBack)) return 1;
    if (receipt)
      try {
        history.replaceState({ consentry: [document.referrer, history.state, document.activeElement.id] }, "");
      } catch {}
    location.reload();
  };
}
if (__ALONE__)
  consentry.stands = () => {
    // Once: the browser speaks of each cookie that goes.
    delete consentry.stands;
    // The letters in the cookie are those that the names begin with.
    const letters = document.cookie.split("consentry=")[1]?.split(".")[2] || "";
    tell(["preferences", "statistics", "marketing"].filter(([letter]) => letters.includes(letter)));
  };
if (__DIALOG__) {
  const leave = (fields) => consentry.last == fields && submit(fields);
  consentry.open = preferences(consentry, (fields) => send(fields, () => leave(fields)), link, tell);
  // The page was loaded again for an answer, and landing.js asked for this file.
  if (consentry.kept) told(consentry.kept[2]);
} else if (__ALONE__) consentry.open = () => link().click();

// With a banner and files, choose() is one of those.
if (!__BANNER__ || __ALONE__)
  consentry.choose = async (choice) => {
    // Who has no choice yet is asked for it.
    if (!choice || choice.target) return consentry.open();
    // A slip of the shop's script must not be taken for a no, which may take something back. Other words the server refuses, and
    // what is no list has no forEach.
    if (choice == "some" || (!choice.big && !choice.categories && !choice.trackers))
      throw TypeError("choose() takes all, none, categories or trackers");
    const fields = new URLSearchParams({ layer: "script", choice: choice.big ? choice : "some" });
    choice.categories?.forEach((category) => fields.append("category", category));
    choice.trackers?.forEach((tracker) => fields.append("tracker", tracker));
    let fault;
    const leave = async (refused) => {
      if (!refused.status) return submit(fields);
      // The script that asked hears of it; the page stays, and the next answer is sent.
      if (consentry.last == fields) consentry.busy = 0;
      const { error } = await refused.json();
      fault = Object.assign(new Error(error), { status: refused.status });
    };
    await send(fields, leave);
    if (fault) throw fault;
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
    // A form that is being sent cannot be sent: not before this is over.
    send(fields, () => {
      isLeft = 1;
      setTimeout(() => submitter.click());
    });
  };
  // First of all who listen: shops' scripts send forms in ways of their own.
  addEventListener("submit", answered, true);
  // The form is the last thing in the page. Who answers before it is there has answered all the same.
  addEventListener("click", ({ target }) => {
    if (target.form === null && target.closest("#consentry-banner")) addEventListener("DOMContentLoaded", () => target.click());
  });

  // What gets focus is moved from under the banner where all of it is hidden. What is fixed does not move, and nor does the
  // page for it.
  addEventListener("focusin", ({ target }) => {
    const banner = question();
    if (!banner || banner.contains(target)) return;
    const { top, right } = banner.getBoundingClientRect();
    const its = target.getBoundingClientRect();
    if (its.top < top || its.right > right) return;
    target.style.scrollMarginBottom = innerHeight - top + "px";
    target.scrollIntoView({ block: "nearest", behavior: "instant" });
    target.style.scrollMarginBottom = "";
  });

  // A shop that moves or filters its whole page takes what is fixed along, and the question out of view. The observer
  // looks after the page was laid out, so that nothing is laid out for it before the first paint.
  addEventListener("load", () => {
    const banner = question();
    if (!banner) return;
    new IntersectionObserver(([{ boundingClientRect }]) => {
      if (boundingClientRect.top <= innerHeight) return;
      banner.popover = "manual";
      banner.showPopover?.();
    }).observe(banner);
  });

  // A no in another tab: the page stays right, the question is answered. A cookie that was there before and yet led to
  // the question is one the gateway does not believe. A document in a sandbox is of no origin ("null", not "http…"), may
  // not read cookies, and hears of no answer.
  const isAnswered = () => origin > "i" || document.cookie.includes("consentry=");
  if (!isAnswered())
    for (const event of ["pageshow", "visibilitychange"])
      addEventListener(event, () => consentry.busy || !isAnswered() || question()?.remove());
}
