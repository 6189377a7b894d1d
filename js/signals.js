/**
 * What page scripts are told: window.consentry.consent, and Google Consent Mode v2 in the first statement that
 * touches dataLayer. Written after the guard, in the same script.
 *   __CONSENT__  the categories that stand, as an array of strings
 *   __AT__       where the gateway's own pages stand: "/_consentry/"
 *   __A__ preferences, __B__ statistics, __C__ marketing: "granted" or "denied"
 */
self.consentry = { consent: __CONSENT__, at: __AT__ };
self.dataLayer = self.dataLayer || [];
function gtag() {
  dataLayer.push(arguments);
}
gtag("consent", "default", {
  ad_storage: __C__,
  ad_user_data: __C__,
  ad_personalization: __C__,
  analytics_storage: __B__,
  functionality_storage: __A__,
  personalization_storage: __A__,
  security_storage: "granted",
  wait_for_update: 500,
});
