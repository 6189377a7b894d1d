/**
 * In place of default.js where an answer stands and Google's tags may run: what stands is the default, and an update too.
 * Google keeps both, and an update counts for more than any default, whenever that comes: so a shop whose own snippet says
 * later that everything is denied until its banner says otherwise still has tags that do what the visitor agreed to.
 * Their order is the one that compresses best.
 *   __A__ preferences, __B__ statistics, __C__ marketing: "granted" or "denied"
 */
for (const how of ["default", "update"])
  consentry.gtag("consent", how, {
    security_storage: "granted",
    analytics_storage: __B__,
    ad_storage: __C__,
    ad_user_data: __C__,
    personalization_storage: __A__,
    ad_personalization: __C__,
    functionality_storage: __A__,
  });
