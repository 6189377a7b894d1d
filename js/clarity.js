/**
 * After the signals, where the site uses Microsoft Clarity: what it may store, in its own queue until it is there.
 */
self.clarity ||= function () {
  (clarity.q ||= []).push(arguments);
};
clarity("consentv2", { ad_Storage: __C__, analytics_Storage: __B__ });
