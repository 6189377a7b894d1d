/**
 * consentry.idle("fbq", …): harmless stand-ins for what trackers would have defined. Written before the first held script of
 * a page, so that the shop's own scripts, which call these names, go on.
 *
 * A stand-in can be called, made with new, pushed to, and has every property; each of them gives the stand-in again. It
 * is no promise, and as a text it is empty. What a page has defined itself is left alone.
 *
 * A page may wait for the tracker to say that a hit was sent, to follow a link or to send a form: functions given as
 * event_callback, eventCallback, hitCallback or callback are called, a moment later, as if it had been. The same holds
 * for what is pushed to dataLayer, before and after, while nothing of Google's is open (__HELD__).
 */
{
  // What is given may be an object, an array, or the arguments of a call: for … in goes through all of them.
  const release = (given, depth) => {
    if (typeof given == "object")
      for (const key in given)
        if (!/^(event_?|hit)?callback$/i.test(key)) depth && release(given[key], depth - 1);
        else if (given[key]?.call) setTimeout(given[key]);
  };
  consentry.idle = (...names) =>
    names.map((name) => {
      const standIn = new Proxy(function () {}, {
        get: (target, key) =>
          key == "then" || key == Symbol.toPrimitive
            ? undefined
            : key == "toString"
              ? String
              : key in target
                ? target[key]
                : standIn,
        apply: (target, on, given) => (release(given, 2), standIn),
        construct: () => standIn,
      });
      // What is ours by that name does what the tracker's own would: gtag() goes on filling dataLayer.
      self[name] ??= consentry[name] ?? standIn;
    });
  if (__HELD__) {
    const { push } = dataLayer;
    release(dataLayer, 3);
    dataLayer.push = (...given) => (release(given, 2), push.apply(dataLayer, given));
  }
}
