/**
 * After clarity.js, where Clarity runs and advertising was refused: what the shop's own scripts say of consent allows it no more
 * than was agreed to. Its package says, where it is told nothing else, that everything is granted (Clarity.consentV2()); and an
 * older command says that of both in one word. What is said of statistics stays: it may be less.
 *
 * Clarity puts a function of its own in the place of the queue when it is there, so the rule stands before whichever is the
 * newest. The queue is the function's own.
 *   __C__  marketing: whose yes it needs
 */
{
  const heed = (call) =>
    new Proxy(call, {
      apply: (call, self, [what, said, ...more]) => {
        // The answer may change in this page: choice.js says so in consentry.consent before it tells the tags.
        if (/^consent/.test(what) && !consentry.consent.includes(__C__)) {
          const counts = { analytics_Storage: said === false ? "denied" : "granted" };
          said = { ...(what == "consent" ? counts : said), ad_Storage: "denied" };
          what = "consentv2";
        }
        return call.call(self, what, said, ...more);
      },
    });
  let clarity_ = heed(self.clarity);
  self.__defineGetter__("clarity", () => clarity_);
  self.__defineSetter__("clarity", (next) => {
    if (next != clarity_) clarity_ = typeof next == "function" ? heed(next) : next;
  });
}
