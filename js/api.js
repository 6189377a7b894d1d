/**
 * window.consentry on a page without a question: the part that chooses is fetched when it is needed.
 */
consentry.open = () => self["consentry-open"].click();
consentry.choose = (choice) => import(location.origin + consentry.at + "choice.js").then(() => consentry.choose(choice));
