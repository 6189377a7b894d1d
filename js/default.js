/**
 * After signals.js: Google Consent Mode v2, all seven signals. On a page that asks it says how long tags wait for an answer,
 * and stands once more for each default of some countries.
 *   __A__ preferences, __B__ statistics, __C__ marketing: "granted" or "denied"
 * Their order is the one that compresses best.
 *   __MORE__  one more field, or nothing
 */
consentry.gtag("consent", "default", {
  security_storage: "granted",
  functionality_storage: __A__,
  analytics_storage: __B__,
  ad_storage: __C__,
  ad_user_data: __C__,
  ad_personalization: __C__,
  personalization_storage: __A__,
  __MORE__,
});
