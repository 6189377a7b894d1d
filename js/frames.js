/**
 * Fetched when the fence refused a frame that a script made (made.js): shows the placeholder in it that a frame in the markup
 * has. Which one, and if there is one, the gateway says for each address, asked for once (server/made_frames.rs).
 *
 * The address stays the one that the shop's script wrote. Once that writes another, the frame shows it, or is refused anew.
 */

/** Frames, with the address that was asked for. */
const asked = new WeakMap();

/** Every frame, those in open shadow trees, too. */
const framesIn = (root) =>
  [...root.querySelectorAll("*")].flatMap((element) => [
    ...(element.localName == "iframe" ? [element] : []),
    ...(element.shadowRoot ? framesIn(element.shadowRoot) : []),
  ]);

/** What may be in the way of our document in a frame (proxy/rewrite/placeholder.rs). */
const IN_THE_WAY = ["sandbox", "csp"];

const show = async (frame) => {
  const { src } = frame;
  asked.set(frame, src);
  const query = new URLSearchParams({
    frame: src.split(/[?#]/)[0],
    lang: document.documentElement.lang,
    return: location.pathname + location.search,
  });
  const { default: markup } = await import(`${consentry.at}choice.js?${query}`);
  const held = new DOMParser().parseFromString(markup, "text/html").querySelector("iframe[srcdoc]");
  // Meanwhile the shop's script may have had another thought.
  if (!held || frame.src != src || !frame.isConnected) return;
  // Put in anew it has no past of its own: else the visitor's first step back would be one within the frame.
  const { parentNode, nextSibling } = frame;
  frame.remove();
  const taken = IN_THE_WAY.filter((name) => frame.hasAttribute(name)).map((name) => [name, frame.getAttribute(name)]);
  for (const [name] of taken) frame.removeAttribute(name);
  frame.title ||= held.title;
  frame.dataset.consentryHeld = held.dataset.consentryHeld;
  // The document has the policy of the page, which may ask for the nonce that our own style has.
  const nonce = document.querySelector("style[nonce]")?.nonce;
  frame.srcdoc = nonce ? held.srcdoc.replace("<style", `$& nonce="${nonce}"`) : held.srcdoc;
  parentNode.insertBefore(frame, nextSibling);
  const moves = new MutationObserver(() => {
    if (frame.src == src) return;
    moves.disconnect();
    asked.delete(frame);
    for (const [name, value] of taken) frame.setAttribute(name, value);
    delete frame.dataset.consentryHeld;
    frame.removeAttribute("srcdoc");
  });
  moves.observe(frame, { attributeFilter: ["src"] });
};

/** Shows the placeholder in each frame that a violation of the page's policy may be of. */
export default ({ blockedURI, disposition }) => {
  // Browsers may say no more of an address than where it begins.
  const at = `${new URL(blockedURI).origin}/`;
  for (const frame of framesIn(document)) {
    const isNew = frame.src.startsWith(at) && !frame.hasAttribute("srcdoc") && asked.get(frame) != frame.src;
    if (disposition == "enforce" && isNew) show(frame).catch(() => {});
  }
};
