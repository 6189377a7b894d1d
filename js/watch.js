/**
 * Behind guard.js: has the page loaded again when the answer that it was made for is no longer the one that stands.
 *
 * What is set when it is built: __FREE__ where nothing is held, after a yes to everything; __GRANTED__ for one who agreed to something;
 * __ALONE__ in pages that may fetch no file of ours.
 *
 * Where a question may stand in the page it runs when the page has been read as far as it goes: a new page waits for the
 * browser when it asks for its cookies the first time (0.8 ms by itself, 3 where there is much to do), and its first paint
 * would wait, too. No later: an answer that comes before it is not noticed.
 */
{
  // What of the answer (1.20543.sm.youtube~vimeo.…) says what a page may do. No answer and a no are the same here, so
  // a no in another tab costs nobody what was typed in this one.
  // Where nothing is held there is no such page, and what is looked for is everything ("psm").
  // A document in a sandbox is of no origin ("null", not "http…"), may not read cookies, and has no answer that could change.
  let granted = () =>
    origin > "i" ||
    (__FREE__
      ? /\.psm/.test(document.cookie)
      : (/consentry=..\d+.(\w*.[^.;]*)/.exec(document.cookie) || "..")[1]);
  let then = granted();
  let check = () =>
    consentry.busy ||
    // Once for each answer: the page that is on its way sets cookies, of which the browser tells the one that goes.
    then == (then = granted()) ||
    // Tags that run are told before the page goes, and it stays where something would be lost (stays.js): by a file (forget.js),
    // or by what stands in the page (choice.js). Where the file fails and everything was agreed to, there is no room to look
    // (600 bytes).
    (__ALONE__
      ? (consentry.stands?.(), self.consentry_sent || location.reload())
      : __FREE__
        ? import(consentry.at + "choice.js?now").catch(() => location.reload())
        : import(consentry.at + (__GRANTED__ ? "choice.js?now" : "choice.js?new") + then).catch(
            () => self.consentry_sent || location.reload(),
          ));
  // A page comes back from the back/forward cache; a tab is looked at again; the browser tells of another tab's answer.
  addEventListener("pageshow", check);
  addEventListener("visibilitychange", check);
  self.cookieStore?.addEventListener("change", check);
}
