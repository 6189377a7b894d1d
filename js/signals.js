/**
 * What page scripts are told: window.consentry.consent, and gtag() for the first statement that touches dataLayer, which
 * is default.js. Written after the guard, in the same script.
 *   __CONSENT__  the categories that stand, as an array of strings
 *   __AT__       where the gateway's own pages stand: "/_consentry/". Not relative: a <base> of the shop's may lead elsewhere
 */
self.consentry = { consent: __CONSENT__, at: location.origin + __AT__ };
self.dataLayer ||= [];
function gtag() {
  dataLayer.push(arguments);
}
