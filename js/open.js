/**
 * In the script in <head>, where files of ours may be fetched: consentry.open() and consentry.choose(choice), and the
 * standing link, which shows the preference centre over the page. What they take is fetched when it is asked for. Where
 * that fails, and without scripts, the link leads to the same on a page of its own.
 *
 * Where something may just have been taken back, by an answer that led here (__HELD__), what removes it is fetched, too. Where an
 * answer stands on several hosts (__HOSTS__) it may have been given on another, whose page could not reach what is kept on
 * this one: then it is fetched whenever the visitor comes from elsewhere, or back. A page in a
 * sandbox cannot fetch it, and has nothing that is kept.
 */
// Until the file is there both are one: choose() opens when it is given nothing, or an event.
consentry.open = consentry.choose = (choice) => import(consentry.at + "choice.js").then(() => consentry.choose(choice));
addEventListener("click", (event) => {
  if (event.target.id != "consentry-open" || event.ctrlKey || event.metaKey) return;
  // What preventDefault() gives is nothing: to choose nothing is to open.
  consentry.choose(event.preventDefault()).catch(() => (location = event.target));
});
if (__HELD__)
  (document.referrer == location.href ||
    document.referrer.split(consentry.at)[1] ||
    (__HOSTS__ &&
      (document.referrer.split("/")[2] != location.host || performance.getEntriesByType("navigation")[0]?.type != "navigate"))) &&
    import(consentry.at + "choice.js?forget").catch(() => {});
