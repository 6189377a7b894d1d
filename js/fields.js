/**
 * Part of the file that pages fetch for an answer: what was typed and chosen in a page that is loaded again all the same, for a film
 * that was asked for. Chromium fills nothing in when a script loads a page again.
 *
 * Each field is known by its place and its names. What is secret is not kept, nor what the page does not want to be filled in.
 */
const fields = () =>
  [...document.querySelectorAll("input,select,textarea")].filter(
    ({ type, autocomplete }) => !/password|file|hidden|multiple/.test(type) && !/off|cc-|one-/.test(autocomplete),
  );

const named = ({ id, name, type }) => [id, name, type] + "";

/** What stands in the fields now. */
export const typed = () => fields().map((field) => [named(field), field.value, field.checked]);

/** Fills in what stood in them, as a person does: the shop's scripts hear of it. */
export const type = (kept) => {
  consentry.typed = 1;
  fields().forEach((field, at) => {
    const [name, value, checked] = kept[at] ?? [];
    if (name != named(field)) return;
    // Of radio buttons the one that was chosen takes the choice from the others.
    if (field.checked != checked && (checked || field.type != "radio")) field.click();
    if (field.value == value) return;
    // By the element's own setter: frameworks put another one before it, and then hear of nothing.
    field.constructor.prototype.__lookupSetter__("value").call(field, value);
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  });
};
