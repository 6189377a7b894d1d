// A shop that carries everything a banner can be passed by, and a gateway in front of it. The shop notes what reaches it.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { basePage, linkHeader, ownFiles, page } from './carriers.mjs';
import { until } from './harness.mjs';

/** How a body can be coded; each is what the shop was told to do, whatever the gateway asked for. */
const CODERS = {
  gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync,
  ...(zlib.zstdCompressSync ? { zstd: zlib.zstdCompressSync } : {}),
};
export const CODINGS = Object.keys(CODERS);

const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** Cookies the shop sets on everything; only the first is its own. */
const SET_COOKIES = ['PHPSESSID=abc123; Path=/; HttpOnly', '_ga=GA1.1.1.1; Path=/; Max-Age=63072000', 'visitor_token=42; Path=/', '_fbp=fb.1.1.1; Path=/'];

function coded(body, codings) {
  return codings.reduce((bytes, coding) => CODERS[coding](bytes), body);
}

/** Sends a body in pieces of `size` bytes, each in a write of its own; 0 sends it whole. */
async function send(response, body, size) {
  if (!size) { response.end(body); return; }
  for (let at = 0; at < body.length; at += size) {
    if (!response.write(body.subarray(at, at + size))) await new Promise((done) => response.once('drain', done));
  }
  response.end();
}

/** The shop: `seen` holds what reached it, heads and all. */
export async function startShop() {
  const seen = [];
  const pages = new Map();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://shop');
    seen.push({ path: url.pathname, target: request.url, method: request.method, headers: request.headers });
    const d = url.searchParams.get('d') ?? 'leak.example';
    const domains = d.split(',');
    const codings = (url.searchParams.get('coding') ?? '').split(',').filter(Boolean);
    const size = Number(url.searchParams.get('chunk') ?? 0);
    const head = { 'set-cookie': SET_COOKIES, 'cache-control': 'no-store' };
    const answer = (type, body, more = {}) => {
      const bytes = coded(Buffer.isBuffer(body) ? body : Buffer.from(body), codings);
      response.writeHead(200, { ...head, 'content-type': type, ...(codings.length ? { 'content-encoding': codings.join(', ') } : {}), ...more });
      return send(response, bytes, size);
    };
    if (url.pathname === '/all') {
      if (url.searchParams.has('hints')) response.writeEarlyHints({ link: `<https://early-hint.${domains[0]}/a.js>; rel=preload; as=script` });
      const text = page(domains);
      const charset = url.searchParams.get('charset') ?? 'utf-8';
      const bytes = charset === 'utf-16le' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1');
      return answer(`text/html; charset=${charset}`, bytes, { link: domains.flatMap(linkHeader) });
    }
    if (url.pathname === '/base') return answer('text/html; charset=utf-8', basePage(domains[0]));
    if (url.pathname === '/go') { response.writeHead(302, { ...head, location: url.searchParams.get('to') }); return response.end(); }
    if (url.pathname === '/favicon.ico') return answer('image/gif', GIF);
    if (url.pathname === '/own.gif') return answer('image/gif', GIF);
    if (url.pathname === '/own.js') return answer('text/javascript', 'window.own = true;');
    const made = pages.get(url.pathname);
    if (made?.rest) {
      // A page that is sent as it is made: the rest comes when it is said to.
      response.writeHead(200, { ...head, 'content-type': 'text/html; charset=utf-8' });
      response.write(made.body);
      return made.rest.then((rest) => response.end(rest));
    }
    if (made) return answer(made.type ?? 'text/html; charset=utf-8', made.body, made.headers);
    const own = ownFiles[url.pathname];
    if (own) return answer(...own(domains[0]));
    response.writeHead(404, { 'content-type': 'text/plain' });
    return response.end('none');
  });
  const port = await new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server.address().port));
  });
  return {
    url: `http://127.0.0.1:${port}`, port, seen,
    /** Serves `body` at `path`; with `rest`, a promise of text, the page is on its way until that is there. */
    serve: (path, body, { type, headers, rest } = {}) => pages.set(path, { body, type, headers, rest }),
    forget() { seen.length = 0; },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer();
  const port = await new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server.address().port));
  });
  await new Promise((done) => server.close(done));
  return port;
}

/** A gateway before `shop`, with `more` lines under [site.consent], `statistics` under [site.statistics] and `tables` at the end of its settings. */
export async function startGateway(shop, { mode = 'enforce', more = '', statistics = 'without_consent = "off"', tables = '', hosts = '["127.0.0.1"]' } = {}) {
  const program = process.env.CONSENTRY;
  if (!program) throw new Error('CONSENTRY is not set: start the tests with ./test, or name the program in it');
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const [port, admin] = [await freePort(), await freePort()];
  const config = join(directory, 'consentry.toml');
  const write = (theMode, theTables = tables) => writeFileSync(config, `
[listen]
http = ["127.0.0.1:${port}"]
admin = "127.0.0.1:${admin}"
[store]
kind = "embedded"
path = "var"
[[site]]
name = "shop"
hosts = ${hosts}
origin = "${shop.url}"
time_zone = "Europe/Oslo"
languages = ["nb", "en"]
[site.controller]
name = "Dekk og Felg AS"
address = "Storgata 1, 0155 Oslo"
email = "personvern@shop.example"
privacy_url = "/personvern"
complaint_url = "https://www.datatilsynet.no/"
[site.consent]
mode = "${theMode}"
${more}
[site.statistics]
${statistics}
${theTables}
`);
  write(mode);
  const process_ = spawn(program, ['run', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [process_.stdout, process_.stderr]) stream.on('data', (data) => { log = (log + data).slice(-100_000); });
  const url = `http://127.0.0.1:${port}`;
  const gone = new Promise((done) => process_.once('exit', done));
  await until('the gateway', async () => {
    if (process_.exitCode !== null) throw new Error(`the gateway ended: ${log}`);
    return fetch(`http://127.0.0.1:${admin}/healthz`).then((r) => r.ok, () => false);
  });
  return {
    url, admin: `http://127.0.0.1:${admin}`, config, log: () => log,
    /** A token for the statistics. */
    token: () => execFileSync(program, ['token', 'new', '--config', config, '--name', 'test'], { encoding: 'utf8' }).trim(),
    /** Takes another mode, or other tables at the end of its settings, while it runs. */
    async reload(theMode, isDone, theTables = tables) {
      write(theMode, theTables);
      process_.kill('SIGHUP');
      await until(`the gateway to ${theMode}`, isDone);
    },
    async stop() {
      process_.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
