/**
 * After the signals, on pages of a visitor who agreed to something: choice.js left the landing's referrer, the page's own
 * state and what had focus in the history entry before it loaded the page again. Where a file of ours may be
 * fetched (__ALONE__ is not set) the page says what became of the answer (told.js).
 */
if ((consentry.kept = history.state?.consentry)) {
  document.__defineGetter__("referrer", () => consentry.kept[0]);
  history.replaceState(consentry.kept[1], "");
  if (!__ALONE__) import(consentry.at + "choice.js");
}
