/**
 * What page scripts are told: window.consentry.consent. Written after the guard, in the same script; the first statement that
 * touches dataLayer comes next, in default.js. Our gtag() is no name of the page's: its scripts may make one, also with const,
 * and ask whether there is one. Google's tags know a command by its being the arguments of a call.
 *   __CONSENT__  the categories that stand, as an array of strings
 *   __AT__       where the gateway's own pages stand: "/_consentry/". Not relative: a <base> of the shop's may lead elsewhere
 */
self.consentry = {
  consent: __CONSENT__,
  at: origin + __AT__,
  gtag() {
    dataLayer.push(arguments);
  },
};
dataLayer = self.dataLayer || [];
