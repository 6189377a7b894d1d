/**
 * window.consentry on a page without a question: the part that chooses is fetched when it is needed. So is the one that
 * removes what was taken back, where the visitor comes from a page of the gateway's and may have done so (__HELD__).
 */
consentry.open = () => self["consentry-open"].click();
consentry.choose = (choice) => import(location.origin + consentry.at + "choice.js").then(() => consentry.choose(choice));
if (__HELD__) document.referrer.split(consentry.at)[1] && import(location.origin + consentry.at + "choice.js?forget");
