/**
 * Part of what pages have, or fetch, for an answer. A page that answered a form that was sent (the gateway marks it) is never
 * loaded again, because browsers would send the form again: an order twice. Nor is one in which something was typed, for a yes
 * alone: what it allows begins with the next page. What takes something back is not to go on in this one.
 * A page with the question knows of all that was typed (question.js); any other of what stands in fields of the page itself.
 * To Firefox each button that sends a form is a field that was filled in. What a browser does not know within :is() it passes over.
 *   takesBack  may something have been taken back?
 */
export const stays = (takesBack) =>
  self.consentry_sent ||
  (!takesBack && (consentry.typed || document.querySelector(":not(button):is(:user-invalid,:user-valid)")));
