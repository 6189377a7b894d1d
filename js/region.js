/**
 * After the signals, on a page that asks: the default of some countries (__REGION__), where the operator has set one.
 */
gtag("consent", "default", {
  ad_storage: __C__,
  ad_user_data: __C__,
  ad_personalization: __C__,
  analytics_storage: __B__,
  functionality_storage: __A__,
  personalization_storage: __A__,
  security_storage: "granted",
  region: __REGION__,
});
