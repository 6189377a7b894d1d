// The world outside: one recorder that plays every host but the gateway's. It notes each connection and request,
// and answers with small stand-ins that do what the vendors' own scripts do: set their cookies, send their beacons.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Most requests kept; a test that makes more has gone wrong. */
const REQUESTS_MAX = 10_000;
/** Longest body noted, in bytes. */
const BODY_BYTES_MAX = 64 * 1024;

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

// gtag.js: works off the queue; each GA4 config sets _ga and sends one page_view with the document's referrer.
const GTAG = `(function () {
  var done = window.__tags = window.__tags || {};
  function beacon(id) {
    if (done[id]) return;
    done[id] = true;
    document.cookie = '_ga=GA1.1.1111111111.' + Math.floor(Date.now() / 1000) + '; path=/; max-age=63072000';
    document.cookie = '_ga_' + id.slice(2) + '=GS2.1.s1; path=/; max-age=63072000';
    fetch('https://www.google-analytics.com/g/collect?v=2&tid=' + id + '&en=page_view&dl=' +
      encodeURIComponent(location.href) + '&dr=' + encodeURIComponent(document.referrer),
      { method: 'POST', mode: 'no-cors', keepalive: true });
  }
  function ads(id) {
    if (done[id]) return;
    done[id] = true;
    document.cookie = '_gcl_au=1.1.2222222222.' + Math.floor(Date.now() / 1000) + '; path=/; max-age=7776000';
    new Image().src = 'https://googleads.g.doubleclick.net/pagead/viewthroughconversion/' + id.slice(3) + '/?random=1';
  }
  function work(command) {
    if (command[0] !== 'config') return;
    if (command[1].indexOf('G-') === 0) beacon(command[1]); else if (command[1].indexOf('AW-') === 0) ads(command[1]);
  }
  var queue = window.dataLayer = window.dataLayer || [];
  for (var i = 0; i < queue.length; i++) work(queue[i]);
  var push = queue.push;
  queue.push = function () { push.apply(queue, arguments); for (var i = 0; i < arguments.length; i++) work(arguments[i]); };
})();`;

// gtm.js: a container that loads one more tag, as most do.
const GTM = `(function () {
  var s = document.createElement('script');
  s.async = true;
  s.src = 'https://www.googletagmanager.com/gtag/js?id=G-C0NTAINER1';
  document.head.appendChild(s);
})();`;

// fbevents.js: works off fbq's queue; sets _fbp and sends one image for each event.
const FBEVENTS = `(function () {
  var f = window.fbq, id = '';
  if (!f) return;
  document.cookie = '_fbp=fb.1.' + Date.now() + '.3333333333; path=/; max-age=7776000';
  f.callMethod = function () {
    if (arguments[0] === 'init') { id = arguments[1]; return; }
    if (arguments[0] === 'track') new Image().src = 'https://www.facebook.com/tr?id=' + id + '&ev=' + arguments[1] +
      '&dl=' + encodeURIComponent(location.href) + '&rl=' + encodeURIComponent(document.referrer);
  };
  while (f.queue.length) f.callMethod.apply(f, f.queue.shift());
})();`;

const KLARNA = `window.Klarna = { Payments: { init: function () {}, load: function (o, done) { done({ show_form: true }); } } };
if (window.klarnaAsyncCallback) window.klarnaAsyncCallback();`;

const VIPPS = `customElements.define('vipps-mobilepay-button', class extends HTMLElement {});`;

/** What a host nobody knows answers, by what the browser wants it for. */
const BY_DESTINATION = {
  script: ['text/javascript', ''], style: ['text/css', ''], image: ['image/gif', PIXEL], font: ['font/woff2', ''], track: ['text/vtt', 'WEBVTT'],
};

/** What one host answers at one path: [content type, body, extra headers]. */
function answer(host, url, links, destination) {
  const path = url.pathname;
  if (host === 'www.googletagmanager.com' && path === '/gtag/js') return ['text/javascript', GTAG];
  if (host === 'www.googletagmanager.com' && path === '/gtm.js') return ['text/javascript', GTM];
  if (host === 'connect.facebook.net') return ['text/javascript', FBEVENTS];
  if (host === 'x.klarnacdn.net') return ['text/javascript', KLARNA];
  if (host === 'checkout.vipps.no') return ['text/javascript', VIPPS];
  if (path === '/tr' || path.startsWith('/pagead/')) return ['image/gif', PIXEL, { 'set-cookie': 'outside=1; SameSite=None; Secure' }];
  if (path === '/g/collect') return ['text/plain', ''];
  if (host === 'www.youtube.com' && path.startsWith('/embed/')) {
    return ['text/html', '<!doctype html><title>film</title>', { 'set-cookie': 'YSC=1; SameSite=None; Secure' }];
  }
  if (links.has(host)) return ['text/html', `<!doctype html><title>link</title><a id="to-shop" href="${links.get(host)}">shop</a>`];
  return BY_DESTINATION[destination] ?? ['text/html', '<!doctype html><title>outside</title>'];
}

let pair;

/** A certificate made for this run, once; browsers under test are told not to mind who signed it. */
export function certificate() {
  pair ??= newCertificate();
  return pair;
}

function newCertificate() {
  const dir = mkdtempSync(join(tmpdir(), 'outside-'));
  try {
    const key = join(dir, 'key.pem');
    const cert = join(dir, 'cert.pem');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=outside'], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/**
 * Starts the recorder on two free ports of the loopback interface.
 *
 * `requests` holds what was asked; `connections` the names TLS connections were opened for, so that a preconnect
 * without a request shows too. `link(host, url)` makes every page of `host` one link to `url`.
 */
export async function startOutside() {
  const requests = [];
  const connections = [];
  const links = new Map();
  const handle = (scheme) => (request, response) => {
    const url = new URL(request.url, `${scheme}://${request.headers.host ?? 'unknown'}`);
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on('end', () => {
      if (requests.length < REQUESTS_MAX) {
        requests.push({
          host: url.hostname, path: url.pathname, query: url.searchParams, method: request.method,
          cookies: request.headers.cookie ?? '', referrer: request.headers.referer ?? '', body: Buffer.concat(chunks).toString(),
        });
      }
      const [type, body, extra] = answer(url.hostname, url, links, request.headers['sec-fetch-dest']);
      response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*', 'cache-control': 'no-store', ...extra });
      response.end(body);
    });
  };
  const plain = http.createServer(handle('http'));
  const secure = https.createServer(certificate(), handle('https'));
  secure.on('secureConnection', (socket) => connections.push(socket.servername || 'unknown'));
  const listen = (server) => new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server.address().port));
  });
  const [httpPort, httpsPort] = [await listen(plain), await listen(secure)];
  return {
    requests, connections, httpPort, httpsPort,
    link: (host, url) => links.set(host, url),
    forget() { requests.length = 0; connections.length = 0; },
    /** Requests to that host, or to any when none is named. */
    to: (host, path) => requests.filter((r) => (!host || r.host === host) && (!path || r.path === path)),
    async stop() {
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}
