/**
 * In <head>, where the fence holds embeds, on a site whose pages were seen to make frames of such: a frame that was refused has
 * what shows the placeholder in it fetched.
 *   __FILE__  with what is pressed there, where the page has the question ("embeds"); else "frames"
 */
addEventListener("securitypolicyviolation", (event) => {
  if (event.effectiveDirective == "frame-src")
    import(consentry.at + "choice.js?" + __FILE__).then((file) => file.default(event)).catch(() => {});
});
