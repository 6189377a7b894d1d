/**
 * In the script in <head>, where files of ours may be fetched: consentry.open() and consentry.choose(choice), and the
 * standing link, which shows the preference centre over the page. What they take is fetched when it is asked for. Where
 * that fails, and without scripts, the link leads to the same on a page of its own.
 *
 * Where something may just have been taken back, by an answer that led here (__HELD__), what removes it is fetched, too.
 */
for (const name of ["open", "choose"])
  consentry[name] = (choice) =>
    import(location.origin + consentry.at + "choice.js").then(() => consentry[name](choice));
addEventListener("click", (event) => {
  const { target } = event;
  if (target.id == "consentry-open" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    consentry.open().catch(() => (location = target.href));
  }
});
if (__HELD__)
  (document.referrer == location.href || document.referrer.split(consentry.at)[1]) &&
    import(location.origin + consentry.at + "choice.js?forget");
