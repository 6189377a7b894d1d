/**
 * Last in the head's script, where the page's own policy refuses style attributes: gives the placeholders of held embeds
 * their size in the way it allows.
 */
addEventListener("DOMContentLoaded", () => {
  for (const placeholder of document.querySelectorAll("[data-consentry-size]"))
    placeholder.style.cssText = placeholder.dataset.consentrySize;
});
