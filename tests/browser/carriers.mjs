// Every way a page can speak to another host, one carrier each: rows 1 to 11 of the list of ways past a banner. A carrier
// names a host of its own below the domain it is given, so that the recorder's list says which one leaked.

/** `{ name: (domain) => markup }`; the host asked for is `name.domain`. */
const inHead = {
  'stylesheet': (d) => `<link rel="stylesheet" href="https://stylesheet.${d}/a.css">`,
  'icon': (d) => `<link rel="icon" href="https://icon.${d}/favicon.ico">`,
  'manifest': (d) => `<link rel="manifest" href="https://manifest.${d}/app.json">`,
  'preload': (d) => `<link rel="preload" as="script" href="https://preload.${d}/a.js">`,
  'preload-image': (d) => `<link rel=preload as=image href=//preload.${d} imagesrcset="https://preload-image.${d}/a.gif 1x">`,
  'prefetch': (d) => `<link rel="prefetch" href="https://prefetch.${d}/a.js">`,
  'preconnect': (d) => `<link rel="preconnect" href="https://preconnect.${d}">`,
  'modulepreload': (d) => `<link rel="modulepreload" href="https://modulepreload.${d}/a.js">`,
  'rel-list': (d) => `<LINK REL="nonsense Preconnect" HREF=https://rel-list.${d}>`,
  'speculation-rules': (d) => `<script type="speculationrules">{"prefetch":[{"source":"list","urls":["https://speculation-rules.${d}/a"]}]}</script>`,
  'style-import': (d) => `<style>@import "https://style-import.${d}/a.css";</style>`,
  'own-css': (d) => `<link rel="stylesheet" href="/own.css?d=${d}">`,
};

const inBody = {
  'script': (d) => `<script src="https://script.${d}/a.js"></script>`,
  'script-async': (d) => `<script async src="https://script-async.${d}/a.js"></script>`,
  'script-module': (d) => `<script type="module" src="https://script-module.${d}/a.js"></script>`,
  'script-upper': (d) => `<SCRIPT SRC=HTTPS://SCRIPT-UPPER.${d.toUpperCase()}/a.js></SCRIPT>`,
  'script-entity': (d) => `<script src="&#104;ttps&colon;&#47;&#x2f;script-entity.${d}/a.js"></script>`,
  'script-relative': (d) => `<script src="//script-relative.${d}/a.js"></script>`,
  'script-backslash': (d) => `<script src="https:\\\\script-backslash.${d}/a.js"></script>`,
  'script-newline': (d) => `<script src="ht\ntps:/\t/script-newline.${d}/a.js"></script>`,
  'script-spaces': (d) => `<script\n\tsrc \n=\n " https://script-spaces.${d}/a.js "\n></script>`,
  'script-twice': (d) => `<script src="https://script-twice.${d}/a.js" src="/own.js"></script>`,
  'script-slash': (d) => `<script/src="https://script-slash.${d}/a.js"></script>`,
  'script-port': (d) => `<script src="https://script-port.${d}:443/a.js"></script>`,
  'svg-script': (d) => `<svg><script href="https://svg-script.${d}/a.js"></script></svg>`,
  'inline-image': (d) => `<script>new Image().src = 'https://inline-image.${d}/a.gif';</script>`,
  'inline-script': (d) => `<script>{const s = document.createElement('script'); s.src = 'https://inline-script.${d}/a.js'; document.head.append(s);}</script>`,
  'inline-write': (d) => `<script>document.write('<script src="https://inline-write.${d}/a.js"><\\/script>');</script>`,
  'inline-import': (d) => `<script>import('https://inline-import.${d}/a.js').catch(() => {});</script>`,
  'inline-module': (d) => `<script type="module">import 'https://inline-module.${d}/a.js';</script>`,
  'inline-fetch': (d) => `<script>fetch('https://inline-fetch.${d}/a', { mode: 'no-cors' }).catch(() => {});</script>`,
  'inline-xhr': (d) => `<script>{const x = new XMLHttpRequest(); x.open('GET', 'https://inline-xhr.${d}/a'); x.send();}</script>`,
  'inline-beacon': (d) => `<script>navigator.sendBeacon('https://inline-beacon.${d}/a', 'x');</script>`,
  'inline-socket': (d) => `<script>try { new WebSocket('wss://inline-socket.${d}/a'); } catch {}</script>`,
  'inline-events': (d) => `<script>new EventSource('https://inline-events.${d}/a');</script>`,
  'inline-frame': (d) => `<script>{const f = document.createElement('iframe'); f.src = 'https://inline-frame.${d}/a'; document.body.append(f);}</script>`,
  'inline-preconnect': (d) => `<script>{const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = 'https://inline-preconnect.${d}/a.css'; document.head.append(l);}</script>`,
  'inline-template': (d) => `<script>document.body.insertAdjacentHTML('beforeend', '<img src="https://inline-template.${d}/a.gif">');</script>`,
  'blob-worker': (d) => `<script>new Worker(URL.createObjectURL(new Blob(["fetch('https://blob-worker.${d}/a',{mode:'no-cors'}).catch(()=>{})"])));</script>`,
  'own-worker': (d) => `<script>new Worker('/worker.js?d=${d}');</script>`,
  'shared-worker': (d) => `<script>new SharedWorker('/shared.js?d=${d}');</script>`,
  'form-frame': (d) => `<iframe name="sink-${d}"></iframe><form action="https://form-frame.${d}/a" target="sink-${d}" method="post"></form><script>document.forms[document.forms.length - 1].submit();</script>`,
  'image': (d) => `<img src="https://image.${d}/a.gif" alt="">`,
  'image-srcset': (d) => `<img src="/own.gif" srcset="https://image-srcset.${d}/a.gif 1x, https://image-srcset.${d}/b.gif 2x" alt="">`,
  'picture': (d) => `<picture><source srcset="https://picture.${d}/a.gif"><img src="/own.gif" alt=""></picture>`,
  'image-error': (d) => `<img src="/none.gif" onerror="this.onerror=null;this.src='https://image-error.${d}/a.gif'" alt="">`,
  'image-element': (d) => `<image src="https://image-element.${d}/a.gif">`,
  'input-image': (d) => `<input type="image" src="https://input-image.${d}/a.gif" alt="x">`,
  'svg-image': (d) => `<svg width="9" height="9"><image width="9" height="9" href="https://svg-image.${d}/a.gif"/></svg>`,
  'svg-xlink': (d) => `<svg width="9" height="9"><image width="9" height="9" xlink:href="https://svg-xlink.${d}/a.gif"/></svg>`,
  'svg-fe-image': (d) => `<svg width="9" height="9"><filter id="f-${d}"><feImage href="https://svg-fe-image.${d}/a.gif"/></filter><rect width="9" height="9" filter="url(#f-${d})"/></svg>`,
  'video-poster': (d) => `<video poster="https://video-poster.${d}/a.gif"></video>`,
  'video-source': (d) => `<video autoplay muted><source src="https://video-source.${d}/a.mp4"></video>`,
  'audio': (d) => `<audio src="https://audio.${d}/a.mp3" preload="auto"></audio>`,
  'track': (d) => `<video src="/own.mp4" crossorigin><track default src="https://track.${d}/a.vtt"></video>`,
  'object': (d) => `<object data="https://object.${d}/a" type="text/html"></object>`,
  'embed': (d) => `<embed src="https://embed.${d}/a" type="text/html">`,
  'background': (d) => `<table background="https://background.${d}/a.gif"><tr><td>x</td></tr></table>`,
  'style-attribute': (d) => `<p style="background:url('https://style-attribute.${d}/a.gif')">x</p>`,
  // Ids of their own: of rules for one element the browser fetches only what the last one names, if it reads them at once.
  'style-element': (d) => `<style>[id="styled-${d}"]{background:url(https://style-element.${d}/a.gif)}</style><p id="styled-${d}">x</p>`,
  'style-font': (d) => `<style>@font-face{font-family:"${d}";src:url(https://style-font.${d}/a.woff2)}[id="font-${d}"]{font-family:"${d}"}</style><p id="font-${d}">x</p>`,
  'style-shadow': (d) => `<div><template shadowrootmode="open"><img src="https://style-shadow.${d}/a.gif" alt=""></template></div>`,
  'frame': (d) => `<iframe src="https://frame.${d}/a"></iframe>`,
  'frame-srcdoc': (d) => `<iframe srcdoc="&lt;img src=&quot;https://frame-srcdoc.${d}/a.gif&quot;&gt;"></iframe>`,
  'frame-srcdoc-hint': (d) => `<iframe srcdoc="<link rel=preconnect href=https://frame-srcdoc-hint.${d}>"></iframe>`,
  'frame-javascript': (d) => `<iframe src="javascript:'<img src=https://frame-javascript.${d}/a.gif>'"></iframe>`,
  'frame-data': (d) => `<iframe src="data:text/html,<img src=https://frame-data.${d}/a.gif>"></iframe>`,
  'frame-own': (d) => `<iframe src="/frame?d=${d}"></iframe>`,
  'noscript-image': (d) => `<noscript><img src="https://noscript-image.${d}/a.gif" alt=""></noscript>`,
  'noscript-frame': (d) => `<noscript><iframe src="https://noscript-frame.${d}/a"></iframe></noscript>`,
  'comment-trick': (d) => `<!--><img src="https://comment-trick.${d}/a.gif" alt=""><!-- -->`,
  'foreign-cdata': (d) => `<svg><![CDATA[ ]]></svg><img src="https://foreign-cdata.${d}/a.gif" alt="">`,
  'own-redirect-image': (d) => `<img src="/go?to=https://own-redirect-image.${d}/a.gif" alt="">`,
  'own-redirect-script': (d) => `<script src="/go?to=https://own-redirect-script.${d}/a.js"></script>`,
  'own-redirect-fetch': (d) => `<script>fetch('/go?to=https://own-redirect-fetch.${d}/a', { mode: 'no-cors' }).catch(() => {});</script>`,
};

/** Names of every carrier, in the order of the page. */
export const CARRIERS = [...Object.keys(inHead), ...Object.keys(inBody), 'link-preload', 'link-preconnect', 'early-hint', 'base-image'];

/** A page with each of them once per domain; what stays under the heading is the shop's own. */
export function page(domains) {
  const each = (table) => domains.flatMap((d) => Object.values(table).map((carrier) => carrier(d))).join('\n');
  return `<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><title>Alle veier</title>
${each(inHead)}
</head><body>
<h1>Sommerdekk på lager</h1><p id="own">Butikkens egen tekst.</p>
${each(inBody)}
<p id="end">Slutt</p></body></html>
`;
}

/** Relative addresses that a base leads elsewhere; it needs a page of its own. */
export const basePage = (d) => `<!doctype html><html lang="nb"><head><base href="https://base-image.${d}/"><title>Base</title></head><body><img src="a.gif" alt=""></body></html>`;

/** What the page's head carries beside it. */
export const linkHeader = (d) => [`<https://link-preload.${d}/a.js>; rel=preload; as=script`, `<https://link-preconnect.${d}>; rel="preconnect"`, '</own.css>; rel=preload; as=style'];

/** What the shop's own files carry. */
export const ownFiles = {
  '/own.css': (d) => ['text/css', `@import url("https://own-css.${d}/a.css"); #own { color: black }`],
  '/worker.js': (d) => ['text/javascript', `fetch('https://own-worker.${d}/a', { mode: 'no-cors' }).catch(() => {});`],
  '/shared.js': (d) => ['text/javascript', `fetch('https://shared-worker.${d}/a', { mode: 'no-cors' }).catch(() => {});`],
  '/frame': (d) => ['text/html; charset=utf-8', `<!doctype html><title>ramme</title><script src="https://frame-own.${d}/a.js"></script>`],
};

/** A tracker of each category, and a host nobody knows. */
export const DOMAINS = { statistics: 'stats.example', marketing: 'ads.example', preferences: 'prefs.example', unknown: 'leak.example' };

const tracker = ([category, domain]) => `
[[site.tracker]]
id = "test-${category}"
name = "Test ${category}"
category = "${category}"
provider = { name = "Test AS", country = "NO", privacy = "https://${domain}/privacy" }
purpose = { en = "Tests.", nb = "Tester." }
hosts = [{ host = "*.${domain}", sockets = true }]
cookies = [{ name = "test_${category}", days = 30 }]
storage = ["test_${category}"]
globals = ["test_${category}"]
source = "https://${domain}/docs"
`;

/** What a gateway's settings say of them. */
export const TABLES = Object.entries(DOMAINS).filter(([category]) => category !== 'unknown').map(tracker).join('');
