// Drives the WebKit of this machine: the browser of WebKitGTK on a display of its own that nobody sees, by WebDriver (W3C), some
// lines of HTTP.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ELEMENT } from './engines.mjs';
import { until } from './harness.mjs';
import { freePort } from './hostile.mjs';
import { startPassed } from './passed.mjs';

/** Longest wait for a script or a page. Unit: ms. */
const PATIENCE_MS = 20_000;

/** Starts a program and gives it with what it wrote last; `gone` is when it ended. */
function start(name, args, env, stdio = ['ignore', 'pipe', 'pipe']) {
  const started = spawn(name, args, { stdio, env: { ...process.env, ...env } });
  let said = '';
  for (const stream of started.stdio.slice(1, 3)) stream.on('data', (data) => { said = (said + data).slice(-100_000); });
  const gone = new Promise((done) => started.once('exit', done));
  const failed = new Promise((done, fail) => started.once('error', (error) => fail(new Error(`${name} is missing: ${error.message}`))));
  failed.catch(() => {});
  return {
    process: started, failed, said: () => said, isGone: () => started.exitCode !== null || started.signalCode !== null,
    forget() { said = ''; },
    async stop() {
      if (!this.isGone()) started.kill('SIGTERM');
      await gone;
    },
  };
}

const below = (path) => { try { return readdirSync(path).map((name) => join(path, name)); } catch { return []; } };

/** A display that nobody sees; its number is the first that is free. */
async function startDisplay() {
  const display = start('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1100x24', '-nolisten', 'tcp', '-noreset'], {}, ['ignore', 'pipe', 'pipe', 'pipe']);
  const number = new Promise((done) => {
    let told = '';
    display.process.stdio[3].on('data', (data) => { if ((told += data).endsWith('\n')) done(told.trim()); });
  });
  return { name: `:${await Promise.race([number, display.failed])}`, stop: () => display.stop() };
}

/** WebDriver's commands: JSON over HTTP. */
function speaker(url) {
  return async (method, path, body) => {
    const reply = await fetch(url + path, { method, ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}) });
    const { value } = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  };
}

/** Where Debian and others put the browser that comes with WebKitGTK. */
function browserPath() {
  if (process.env.WEBKIT) return process.env.WEBKIT;
  for (const lib of ['/usr/lib', '/usr/libexec', ...below('/usr/lib')]) {
    const found = below(lib).filter((path) => /\/webkit(2gtk|gtk)-[\d.]+$/.test(path)).map((path) => join(path, 'MiniBrowser')).find(existsSync);
    if (found) return found;
  }
  throw new Error('no WebKit found: install the package "webkit2gtk-driver", or name the program MiniBrowser in WEBKIT');
}

/** A WebKit with a profile that it forgets, and what speaks to it. */
async function launch(args, language) {
  const home = mkdtempSync(join(tmpdir(), 'webkit-'));
  const parts = [];
  const stop = async () => {
    for (const part of parts.reverse()) await part.stop();
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  try {
    const display = await startDisplay();
    parts.push(display);
    const port = await freePort();
    const env = {
      DISPLAY: display.name, HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: home,
      LANG: `${language.replace('-', '_')}.UTF-8`, LANGUAGE: '', LC_ALL: '', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory', GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', MESA_SHADER_CACHE_DISABLE: 'true',
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    };
    const driver = start('WebKitWebDriver', [`--port=${port}`], env);
    parts.push(driver);
    const speak = speaker(`http://127.0.0.1:${port}`);
    await until('WebKit', async () => {
      if (driver.isGone()) throw new Error(`WebKit's driver ended: ${driver.said()}`);
      return speak('GET', '/status').catch(() => 0);
    });
    const { sessionId } = await speak('POST', '/session', { capabilities: { alwaysMatch: {
      acceptInsecureCerts: true, timeouts: { script: PATIENCE_MS, pageLoad: PATIENCE_MS, implicit: 0 },
      'webkitgtk:browserOptions': { binary: browserPath(), args: ['--automation', '--enable-write-console-messages-to-stdout=true', ...args] },
    } } });
    const command = (method, path, body) => speak(method, `/session/${sessionId}${path}`, body);
    parts.push({ stop: () => command('DELETE', '').catch(() => {}) });
    return { command, driver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A new visitor with WebKit: an own profile, proxy and recorder. `close()` ends all.
 *
 *   own    as startPassed() takes it
 *   args   the browser's own, on its command line
 */
export async function newWebKit({ javaScript = true, language = 'nb-NO', own, args = [] } = {}) {
  const passed = await startPassed({ own });
  const webkit = await launch([`--proxy=http://127.0.0.1:${passed.port}`, `--enable-javascript=${javaScript}`, ...args], language).catch(async (error) => {
    await passed.stop();
    throw error;
  });
  const { command } = webkit;
  const every = async (selector, within = '') => (await command('POST', `${within && `/element/${within}`}/elements`, { using: 'css selector', value: selector })).map((one) => one[ELEMENT]);
  const one = (selector) => until(selector, async () => (await every(selector))[0]);
  return {
    passed, outside: passed.outside, javaScript, command, every, one,
    go: (url) => command('POST', '/url', { url }),
    url: () => command('GET', '/url'),
    back: () => command('POST', '/back'),
    reload: () => command('POST', '/refresh'),
    /** What a function gives in the page; a promise is waited for. */
    evaluate: (ask, ...given) => command('POST', '/execute/async', {
      script: `const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);
        (async () => (${ask})(...given))().then((value) => done({ value }), (error) => done({ error: String(error) }));`, args: given,
    }).then(({ value, error }) => { if (error) throw new Error(error); return value; }),
    /** Presses all of these, and lets them go. */
    keys: (...pressed) => command('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions: [
      ...pressed.map((value) => ({ type: 'keyDown', value })), ...[...pressed].reverse().map((value) => ({ type: 'keyUp', value })),
    ] }] }),
    /** Is there such an element, and can it be seen? */
    isSeen: async (selector) => {
      const [first] = await every(selector);
      return Boolean(first) && command('GET', `/element/${first}/displayed`);
    },
    click: async (selector) => command('POST', `/element/${await one(selector)}/click`),
    text: async (selector) => command('GET', `/element/${await one(selector)}/text`),
    /** Cookies of the page that is shown, HttpOnly ones too. */
    cookies: () => command('GET', '/cookie'),
    /** What the console said. */
    said: () => webkit.driver.said().split('\n').filter(Boolean),
    forget() {
      passed.forget();
      webkit.driver.forget();
    },
    /** A picture of what is seen: PNG. */
    picture: async () => Buffer.from(await command('GET', '/screenshot'), 'base64'),
    async close() {
      await webkit.stop().finally(passed.stop);
    },
  };
}
