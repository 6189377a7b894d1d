// Drives the Firefox of this machine by Marionette, the protocol it has for it: WebDriver's commands as JSON over a socket, and
// scripts in the browser itself, which tell what no page can see (every cookie, what the console says).

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ELEMENT } from './engines.mjs';
import { programPath, until } from './harness.mjs';
import { startPassed } from './passed.mjs';

/** Longest wait for a script or a page. Unit: ms. */
const PATIENCE_MS = 20_000;

/** What a Firefox does on its own account is off, and what it does for a visitor is as it comes. */
const OWN_ACCOUNT = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.region.network.url': '',
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  'extensions.update.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'messaging-system.rsexperimentloader.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // Two that are off in a browser that is driven, and on in a visitor's.
  'network.http.speculative-parallel-limit': 20,
  'network.prefetch-next': true,
  'security.OCSP.enabled': 0,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'signon.management.page.breach-alerts.enabled': false,
  'toolkit.telemetry.enabled': false,
};

/** One command after the other, each with its answer: `length:[0, number, name, parameters]` and `length:[1, number, error, result]`. */
async function connect(port) {
  const socket = await new Promise((done, fail) => {
    const made = net.connect(port, '127.0.0.1', () => done(made));
    made.once('error', fail);
  });
  const waiting = new Map();
  let [rest, last] = [Buffer.alloc(0), 0];
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const colon = rest.indexOf(':');
      const end = colon + 1 + Number(rest.subarray(0, Math.max(colon, 0)));
      if (colon < 0 || rest.length < end) return;
      const said = JSON.parse(rest.subarray(colon + 1, end));
      rest = rest.subarray(end);
      if (Array.isArray(said)) waiting.get(said[1])?.(said);
    }
  });
  socket.on('close', () => { for (const answer of waiting.values()) answer([1, 0, { error: 'gone', message: 'Firefox has ended' }]); });
  socket.on('error', () => {});
  return {
    async command(name, parameters = {}) {
      const number = ++last;
      const text = JSON.stringify([0, number, name, parameters]);
      const answered = new Promise((done) => { waiting.set(number, done); });
      socket.write(`${Buffer.byteLength(text)}:${text}`);
      const [, , error, result] = await answered;
      waiting.delete(number);
      if (error) throw new Error(`${name}: ${error.error}: ${error.message}`);
      return result;
    },
    end: () => socket.destroy(),
  };
}

/** A Firefox with a new profile and these preferences beside ours; `session` speaks to it. */
async function launch(preferences) {
  const profile = mkdtempSync(join(tmpdir(), 'firefox-'));
  const all = { ...OWN_ACCOUNT, ...preferences, 'marionette.port': 0 };
  writeFileSync(join(profile, 'user.js'), Object.entries(all).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`).join(''));
  const process_ = spawn(programPath('FIREFOX', ['firefox-esr', 'firefox']), [
    '--headless', '--no-remote', '--profile', profile, '--marionette', '--remote-allow-system-access', '--width', '1280', '--height', '900', 'about:blank',
  ], { stdio: 'ignore', env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1', MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' } });
  const gone = new Promise((done) => process_.once('exit', done));
  const remove = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const port = await until('Firefox', () => {
      if (process_.exitCode !== null) throw new Error(`Firefox ended with ${process_.exitCode}`);
      try {
        return Number(readFileSync(join(profile, 'MarionetteActivePort'), 'utf8'));
      } catch {
        return 0;
      }
    });
    const session = await connect(port);
    await session.command('WebDriver:NewSession', {
      acceptInsecureCerts: true, pageLoadStrategy: 'normal', timeouts: { script: PATIENCE_MS, pageLoad: PATIENCE_MS, implicit: 0 },
    });
    return {
      session,
      async stop() {
        await session.command('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => process_.kill());
        await gone;
        session.end();
        remove();
      },
    };
  } catch (error) {
    process_.kill('SIGKILL');
    await gone;
    remove();
    throw error;
  }
}

/** Runs in the browser itself. `given` is what the caller passes. */
const IN_BROWSER = {
  cookies: () => Services.cookies.cookies.map(({ host, name, value }) => ({ host, name, value })),
  /** What the consoles of pages and the browser said of pages at these addresses. */
  said: (given) => Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError)
    .map(({ errorMessage, sourceName, category, flags }) => ({ text: errorMessage, at: sourceName, category, isError: !(flags & 1) }))
    .filter(({ at, text, category }) => /content|CSP|Security|Cookie|DOM|CORS|HTML|CSS/i.test(category) && (at + text).includes(given)),
  quiet: () => Services.console.reset(),
};

/**
 * A new visitor with Firefox: an own profile, proxy and recorder. `close()` ends all.
 *
 *   own           as startPassed() takes it
 *   preferences   Firefox's, by name
 */
export async function newFirefox({ javaScript = true, language = 'nb-NO', own, preferences } = {}) {
  const passed = await startPassed({ own });
  const firefox = await launch({
    'network.proxy.type': 1, 'network.proxy.http': '127.0.0.1', 'network.proxy.http_port': passed.port,
    'network.proxy.ssl': '127.0.0.1', 'network.proxy.ssl_port': passed.port, 'network.proxy.no_proxies_on': '',
    'intl.accept_languages': language, 'javascript.enabled': javaScript, ...preferences,
  }).catch(async (error) => {
    await passed.stop();
    throw error;
  });
  const { command } = firefox.session;

  const inBrowser = async (name, given = '') => {
    await command('Marionette:SetContext', { value: 'chrome' });
    try {
      return (await command('WebDriver:ExecuteScript', { script: `return (${IN_BROWSER[name]})(arguments[0])`, args: [given], newSandbox: true })).value;
    } finally {
      await command('Marionette:SetContext', { value: 'content' });
    }
  };
  const every = async (selector, within) => (await command('WebDriver:FindElements', { using: 'css selector', value: selector, element: within })).map((one) => one[ELEMENT]);
  const one = (selector, within) => until(selector, async () => (await every(selector, within))[0]);
  const keys = (...pressed) => command('WebDriver:PerformActions', {
    actions: [{ type: 'key', id: 'keyboard', actions: [
      ...pressed.map((value) => ({ type: 'keyDown', value })), ...pressed.toReversed().map((value) => ({ type: 'keyUp', value })),
    ] }],
  });
  const run = (how, ask, given) => command(how, { script: `return (${ask})(...arguments)`, args: given, newSandbox: false, sandbox: null });

  return {
    passed, outside: passed.outside, javaScript, command, keys, every, one,
    go: (url) => command('WebDriver:Navigate', { url }),
    url: async () => (await command('WebDriver:GetCurrentURL')).value,
    back: () => command('WebDriver:Back'),
    /** What a function gives in the page; a promise is waited for. */
    evaluate: async (ask, ...given) => (await run('WebDriver:ExecuteScript', ask, given)).value,
    /** Is there such an element, and can it be seen? */
    isSeen: async (selector) => {
      const [first] = await every(selector);
      return Boolean(first) && (await command('WebDriver:IsElementDisplayed', { id: first })).value;
    },
    click: async (selector) => command('WebDriver:ElementClick', { id: await one(selector) }),
    /** Every cookie that is kept, of whatever host. */
    cookies: () => inBrowser('cookies'),
    /** What the consoles said of pages whose address or words have `at` in it. */
    said: (at) => inBrowser('said', at),
    forget: async () => {
      passed.forget();
      await inBrowser('quiet');
    },
    async close() {
      await firefox.stop();
      await passed.stop();
    },
  };
}
