/**
 * What an answer does, as far as it is not sent by a press in a page with the question (question.js). Everything it does works
 * without it: each answer is a plain form.
 *
 * window.consentry
 *   consent         the categories that stand, always with "necessary"
 *   open()          shows where the choice can be changed
 *   choose(choice)  "all", "none", or { categories: [...], trackers: [...] }; resolves when the answer is stored, and
 *                   fails with an Error that has the server's sentence and status when it is not taken, and with a
 *                   TypeError when it is no choice: nothing is sent then
 *   choose(button, reply)  does what follows from the reply to a button that was pressed (question.js), and fails when it was
 *                   not taken; without a reply, opens the preferences
 *   at              where the pages of the gateway stand: an address with a slash at the end
 *   busy            an answer is on its way: the guard waits, and so does the next answer
 *   last            what was answered last, fields or a button: the same once more is not sent while it is on its way
 *   typed           something was typed in the page (question.js), which is not to be lost (stays.js)
 *   stands()        where no file may be fetched: tells tags what another tab's answer left standing, before the page goes
 * document hears "consentry:change" with detail.consent after each choice.
 *
 * What is set when it is built: __DIALOG__ in the file that pages fetch when a button is pressed, somebody opens the preferences or
 * a page script calls choose(); else it is for pages that may fetch no file of ours.
 */
import { preferences } from "./dialog.js";
import { type, typed } from "./fields.js";
import { stays } from "./stays.js";
import { tell } from "./tell.js";
import { find, told, whenRead } from "./told.js";

const link = () => find("consentry-open");
const question = () => find("consentry-banner");
/** Where the preferences stand, in the language of the link, which is the last thing in the page: while that is on its way, of the
 * question. A script of the shop's may have drawn the page without both. It leads back to where the page is now: a script may have
 * gone on to another address. */
const way = () =>
  consentry.at +
  "consent" +
  ((link() ?? question()?.querySelector("a"))?.search.split("/")[0] ?? "?return=") +
  location.pathname +
  location.search;

/** The page goes with the form: what it takes back is told now, and what it grants when it stands. */
const takenBack = (fields) => {
  const choice = fields.get("choice");
  const stay = choice == "none" ? [] : fields.getAll("category");
  if (choice != "all") tell(stay.filter((category) => consentry.consent.includes(category)));
};

/** Sends the form the way a browser without scripts does; where there is no network, its error page would take the shop's place. */
const submit = (fields) => {
  if (!navigator.onLine) return (consentry.busy = 0);
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

const read = (reply) => {
  if (!reply.ok) throw reply;
  return reply.json();
};

/** Was it the button of a placeholder? It answers no question, and asks for what is to be seen now. */
const isEmbed = ({ name }) => name == "tracker";

/** The placeholders that have the same button (embed.js). */
const placeholders = ({ value }) =>
  [...document.querySelectorAll("iframe")]
    .map((frame) => frame.contentDocument?.forms["consentry-allow"])
    .filter((form) => form?.lastChild.value == value);

/** The page that stands here is already the right one. */
const settled = (answer) => {
  consentry.busy = 0;
  if (!isEmbed(answer)) question()?.remove();
};

/** A page that is not the one for what stands is loaded again, if nothing is lost by it; else gives something. */
const again = (answer, receipt, takesBack) => {
  const isTyped = stays(takesBack);
  if (isEmbed(answer) ? self.consentry_sent : isTyped) return 1;
  if (receipt)
    try {
      const had = document.activeElement;
      const kept = [document.referrer, history.state, had.id || had.dataset.consentrySrc, __DIALOG__ && isTyped && typed()];
      history.replaceState({ consentry: kept }, "");
    } catch {}
  location.reload();
  // Who is asked whether to leave (beforeunload) may stay.
  setTimeout(settled, 1000, answer);
};

/** Was another answer given while this one was on its way? Then nothing follows from this one; a button is pressed again. */
const isLate = (answer) => {
  const { last } = consentry;
  if (last == answer) return;
  if (last.click) {
    consentry.busy = 0;
    last.click();
  }
  return 1;
};

/** Does what follows from an answer that was taken. */
const follow = async ({ granted, refused, receipt, takes_back, unchanged }, answer) => {
  if (isLate(answer)) return;
  // A page that asks was made for no answer.
  const isKnown = unchanged && !answer.click && !question();
  // Said before, and the page was made for it? What a script says again on every page is no news to anybody.
  if (isKnown && consentry.consent + "" == ["necessary", ...granted]) {
    settled(answer);
    return answer.get("layer") != "script" && told();
  }
  tell(granted);
  if (__DIALOG__)
    try {
      // Before the page goes: what was taken back may be kept under names that no server sees, and pages for the answer before by
      // a service worker. Asked for anew for each answer. Nobody knows what was agreed to before an answer that ran out or was
      // lost: what a page that asks finds stored may be of then. Who comes for the first time has nothing, and fetches nothing.
      const isLeft = () => refused[0] && question() && (localStorage?.length || sessionStorage?.length);
      if (takes_back || isLeft() || (await caches.keys())[0]) await import(consentry.at + "choice.js?forget" + Date.now());
    } catch {}
  // Only a grant has a receipt; and a page that is not the one for what stood already is loaded again.
  if ((receipt || takes_back || isKnown) && !again(answer, receipt, takes_back)) return;
  settled(answer);
  // Who sees the page sees it stay as it was: there it is said where the film would be.
  told(0, isEmbed(answer) ? placeholders(answer) : []);
};

/** `leave` sends the answer in the way of browsers, where the server does not take it from here: it then says why. */
const post = async (fields, leave, before) => {
  let now;
  try {
    await before;
    // The browser says where a script stands; which of its addresses are paths to come back to, the server knows.
    const how = { method: "POST", body: fields, headers: { Accept: "application/json" }, keepalive: true, referrerPolicy: "same-origin" };
    now = await read(await fetch(consentry.at + "choice", how));
  } catch (refused) {
    return leave(refused, isLate(fields));
  }
  return follow(now, fields);
};

/** One answer after the other, in the order they were given. */
const send = (fields, leave) => {
  const { busy, last } = consentry;
  if (busy && last + "" == fields) return busy;
  consentry.last = fields;
  return (consentry.busy = post(fields, leave, busy));
};

if (__DIALOG__) {
  consentry.open = preferences(consentry, (fields) => send(fields, (_, isLate) => isLate || submit(fields)), way, tell);
  // The page was loaded again for an answer, and landing.js asked for this file.
  if (consentry.kept) {
    const [, , id, fields] = consentry.kept;
    if (fields) whenRead(() => type(fields));
    told(id);
  }
} else {
  consentry.open = () => (link() ? link().click() : (location.href = way()));
  consentry.stands = () => {
    // Once: the browser speaks of each cookie that goes.
    delete consentry.stands;
    // The letters in the cookie are those that the names begin with.
    const letters = document.cookie.split("consentry=")[1]?.split(".")[2] || "";
    tell(["preferences", "statistics", "marketing"].filter(([letter]) => letters.includes(letter)));
  };
}

consentry.choose = async (choice, reply) => {
  if (reply) return follow(await read(reply), choice);
  // Who has no choice yet is asked for it.
  if (!choice || choice.target) return consentry.open();
  if (choice.click) {
    // Where no file may be fetched, the third button has to wait for its form.
    if (!__DIALOG__ && choice.form === null) return addEventListener("DOMContentLoaded", () => choice.click());
    return consentry.open();
  }
  // A slip of the shop's script must not be taken for a no, which may take something back. Other words the server refuses, and
  // what is no list has no forEach.
  if (choice == "some" || (!choice.big && !choice.categories && !choice.trackers))
    throw TypeError("choose() takes all, none, categories or trackers");
  const fields = new URLSearchParams({ layer: "script", choice: choice.big ? choice : "some" });
  choice.categories?.forEach((category) => fields.append("category", category));
  choice.trackers?.forEach((tracker) => fields.append("tracker", tracker));
  let fault;
  const leave = async (refused, isLate) => {
    if (!refused.status) {
      if (!navigator.onLine) fault = refused;
      return isLate || submit(fields);
    }
    // The script that asked hears of it; the page stays, and the next answer is sent.
    if (!isLate) consentry.busy = 0;
    const { error } = await refused.json();
    fault = Object.assign(Error(error), { status: refused.status });
  };
  await send(fields, leave);
  if (fault) throw fault;
};
