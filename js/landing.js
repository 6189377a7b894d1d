/**
 * After the guard, on pages of a visitor who agreed to something: choice.js left the landing's referrer, and the page's
 * own state, in the history entry before it loaded the page again.
 */
{
  const kept = history.state?.consentry;
  if (kept) {
    document.__defineGetter__("referrer", () => kept[0]);
    history.replaceState(kept[1], "");
  }
}
