/**
 * After the signals, where the site uses Microsoft's advertising tag: what it may store, before it is there to ask. Where
 * the visitor agreed to it, it stands once more as an update, for what a shop's own snippet says later is a default.
 *   __HOW__  "default" or "update"
 *   __C__    "granted" or "denied"
 */
(self.uetq ||= []).push("consent", __HOW__, { ad_storage: __C__ });
