/**
 * Part of what pages have, or fetch, for an answer: tells the tags that run, and then whoever listens, what stands now.
 * Before the page goes, because a tag that is told of its end (pagehide) still sends something then.
 *   granted  the categories beside what is necessary
 */
export const tell = (granted) => {
  consentry.consent = ["necessary", ...granted];
  const said = (category) => (granted.includes(category) ? "granted" : "denied");
  const ads = said("marketing");
  const counts = said("statistics");
  const likes = said("preferences");
  try {
    consentry.gtag("consent", "update", {
      security_storage: "granted",
      functionality_storage: likes,
      analytics_storage: counts,
      ad_storage: ads,
      ad_user_data: ads,
      ad_personalization: ads,
      personalization_storage: likes,
    });
    self.uetq?.push("consent", "update", { ad_storage: ads });
    self.clarity?.("consentv2", { ad_Storage: ads, analytics_Storage: counts });
  } catch {}
  document.dispatchEvent(new CustomEvent("consentry:change", { detail: consentry }));
};
