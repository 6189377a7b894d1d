/**
 * After the signals, where the site uses Microsoft's advertising tag: what it may store, before it is there to ask.
 */
(self.uetq ||= []).push("consent", "default", { ad_storage: __C__ });
