/**
 * Last in the head's script of every page of the shop: consentry.event(name, { props, revenue, interactive }).
 *
 * Tells the gateway of something that the shop wants counted, such as a purchase. Nothing is stored for it and nothing
 * is read but the page's own address; it works before an answer and after it. Gives true when the browser took it: it is
 * sent even when the page is left at once.
 */
consentry.event = (name, more) =>
  navigator.sendBeacon(consentry.at + "event", JSON.stringify({ name, url: location + "", ...more }));
