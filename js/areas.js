/**
 * Put in once, where a page tells that its scripts may pass on what they store by a `StorageEvent` of their own
 * (policy/markup/stores.rs). To the browser the guard's `localStorage` is no storage: who made such an event with it met an error,
 * and who compared it with an event's `storageArea` found another. Here the one stands for the other, both ways.
 */
{
  const events = StorageEvent.prototype;
  const area = events.__lookupGetter__("storageArea");
  const init = events.initStorageEvent;
  /** What a stand-in stands in for; anything else is itself. */
  const real = (storage) => storage?.valueOf();

  events.__defineGetter__("storageArea", function () {
    const its = area.call(this);
    return its && ([localStorage, sessionStorage].find((storage) => real(storage) == its) ?? its);
  });
  events.initStorageEvent = function (...given) {
    if (given.length > 7) given[7] = real(given[7]);
    return init.apply(this, given);
  };
  self.StorageEvent = new Proxy(StorageEvent, {
    construct: (target, [type, given, ...more], made) =>
      Reflect.construct(
        target,
        given?.storageArea ? [type, { ...given, storageArea: real(given.storageArea) }, ...more] : [type, given, ...more],
        made,
      ),
  });
}
