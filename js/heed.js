/**
 * After the signals, where Google's tags may run and the visitor has not agreed to everything: what the shop's own scripts
 * say of consent grants nothing that was not agreed to. Their commands stay, and what they grant too much is denied in them
 * before anybody reads it.
 *
 * Google's tags put a push() of their own in the place of the queue's, keep what they are given and then call the one that
 * was there. So the rule stands before whatever push() is the newest. A page may put a new queue in the place of ours
 * (dataLayer = [...]): what we said goes first into that one, too. So it does where the tag's address gives the queue another
 * name (&l=NAME): the tag reads no other. A script element is seen when it is put in, before what it names can run.
 *
 * What is set when it is built: __QUEUES__ where such a queue is heeded, too: where statistics or marketing are asked about and were not
 * agreed to.
 *   __A__ preferences, __B__ statistics, __C__ marketing: whose yes it needs; "necessary" where a single tracker has one
 */
{
  const needs = {
    functionality_storage: __A__,
    analytics_storage: __B__,
    ad_storage: __C__,
    ad_user_data: __C__,
    ad_personalization: __C__,
    personalization_storage: __A__,
  };
  // The answer may change in this page: choice.js says so in consentry.consent before it tells the tags.
  const heed = (said) => {
    const given = said?.[0] == "consent" && said[2];
    if (given) {
      said[2] = { ...given };
      for (const key in given) if (needs[key] && !consentry.consent.includes(needs[key])) said[2][key] = "denied";
    }
    return said;
  };
  const watch = (queue) => {
    let push;
    const over = (next) => (push = (...given) => next.apply(queue, given.map(heed)));
    over(queue.push);
    queue.__defineGetter__("push", () => push);
    queue.__defineSetter__("push", over);
    return queue;
  };
  const ours = [...dataLayer];
  const begin = (next) => {
    next.forEach(heed);
    next.unshift(...ours);
    return watch(next);
  };
  let queue = watch(dataLayer);
  self.__defineGetter__("dataLayer", () => queue);
  self.__defineSetter__("dataLayer", (next) => {
    if (next != queue && Array.isArray(next)) queue = begin(next);
  });
  if (__QUEUES__) {
    const names = ["dataLayer"];
    // What is told of consent later is told in every queue, and first in those to come. By this name a page may have its gtag().
    const { gtag } = consentry;
    consentry.gtag = function (command) {
      if (command != "consent") return gtag(...arguments);
      ours.push(arguments);
      for (const name of names) self[name].push(arguments);
    };
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const { src } of addedNodes) {
          const name = /\/(gtm\.|gtag\/)js\?(.*&)?l=(\w+)/.exec(src)?.[3];
          if (!name || names.includes(name) || !Array.isArray((self[name] ??= []))) continue;
          names.push(name);
          begin(self[name]);
        }
    }).observe(document, { childList: true, subtree: true });
  }
}
