// `consentry scan` with a browser: all that a page loads and keeps is seen, and nothing of the look is left behind.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { CHROMIUMS_OWN, gateway } from './harness.mjs';
import { startOutside } from './outside.mjs';

/** The program under test. */
const program = process.env.CONSENTRY;
if (!program) throw new Error('CONSENTRY is not set: start the tests with ./test, or name the program in it');

/** A page that loads and keeps things in every way a scan looks for. */
const PAGE = `<!doctype html><html><head><title>x</title>
<script>
  document.cookie = '_fbp=1; path=/';
  localStorage.setItem('_hjid', '1');
  sessionStorage.setItem('mystery', '1');
  indexedDB.open('shelf');
  caches.open('pages');
  const tag = document.createElement('script');
  tag.src = 'https://www.googletagmanager.com/gtag/js?id=G-1';
  document.head.append(tag);
  new Worker(URL.createObjectURL(new Blob(["fetch('https://worker.example/w').catch(() => {})"])));
  addEventListener('load', () => setTimeout(() => navigator.sendBeacon('https://late.example/b', 'x'), 300));
</script></head><body><iframe src="https://frame.example/"></iframe>
<div style="height: 5000px"></div><img loading="lazy" src="https://lazy.example/a.gif" alt=""></body></html>`;

/** A page that asks before it goes on. */
const DIALOGS = `<!doctype html><title>x</title><script>
  alert('Welcome');
  localStorage.setItem('confirm: ' + confirm('Are you 18?'), '1');
</script>`;

describe('a scan with a browser', () => {
  let outside;
  let shop;
  before(async () => {
    outside = await startOutside();
    shop = http.createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'PHPSESSID=1; HttpOnly' });
      response.end(request.url === '/dialogs' ? DIALOGS : PAGE);
    });
    await new Promise((done) => shop.listen(0, '127.0.0.1', done));
  });
  after(async () => {
    await outside.stop();
    shop.closeAllConnections();
    await new Promise((done) => shop.close(done));
  });

  const scan = (address) => {
    const rules = [
      ...CHROMIUMS_OWN.map((host) => `MAP ${host} ~NOTFOUND`),
      `MAP *:80 127.0.0.1:${outside.httpPort}`, `MAP *:443 127.0.0.1:${outside.httpsPort}`, 'EXCLUDE 127.0.0.1',
    ];
    const further = ['--ignore-certificate-errors', `--host-resolver-rules=${rules.join(', ')}`];
    const given = ['scan', address, '--json', ...further.flatMap((one) => ['--browser-arg', one])];
    return new Promise((done, fail) => {
      execFile(program, given, (error, stdout, stderr) => (error ? fail(new Error(`${error.message}\n${stderr}`)) : done(JSON.parse(stdout))));
    });
  };
  const names = (list) => list.map((one) => one.name).sort();

  test('sees every request and every name', async () => {
    const found = await scan(`http://127.0.0.1:${shop.address().port}/`);
    assert.equal(found.means, 'with a browser', found.notes.join('; '));
    const hosts = names(found.hosts);
    for (const host of ['frame', 'late', 'lazy', 'worker']) assert.ok(hosts.includes(`${host}.example`), `${host} in ${hosts}`);
    const tag = found.hosts.find((one) => one.name === 'www.googletagmanager.com');
    assert.deepEqual(tag.trackers.map((one) => one.id), ['google-tag'], 'the path tells whose the request is');
    assert.deepEqual(names(found.cookies).filter((name) => ['_fbp', 'PHPSESSID'].includes(name)), ['PHPSESSID', '_fbp']);
    assert.deepEqual(names(found.storage), ['_hjid', 'mystery', 'pages', 'shelf']);
  });

  test('finds nothing to hold on a page that stands behind the gateway', async () => {
    outside.forget();
    const found = await scan(`${gateway.shop}/`);
    assert.equal(found.means, 'with a browser', found.notes.join('; '));
    assert.deepEqual(outside.requests.map((request) => request.host), []);
    assert.deepEqual(found.hosts, []);
    assert.deepEqual([...found.cookies, ...found.storage].filter((one) => one.before_choice !== 'open'), []);
  });

  test('sees a page that opens dialogs, and answers none', async () => {
    const found = await scan(`http://127.0.0.1:${shop.address().port}/dialogs`);
    assert.equal(found.means, 'with a browser', found.notes.join('; '));
    assert.deepEqual(found.notes, ['2 dialog(s) of the page were closed without an answer']);
    assert.deepEqual(names(found.storage), ['confirm: false']);
  });

  test('ends with its browser when it is told to', async () => {
    const address = `http://127.0.0.1:${shop.address().port}/`;
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const scanned = spawn(program, ['scan', address], { stdio: 'ignore' });
      const ended = once(scanned, 'exit');
      do {
        const [request] = await once(shop, 'request');
        if (!request.headers['user-agent'].includes('consentry-scan')) break;
      } while (true);
      scanned.kill(signal);
      assert.deepEqual(await ended, [1, null], signal);
    }
  });

  test('leaves no directory behind', () => {
    assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith('consentry-scan-')), []);
  });
});
