// Pages whose scripts draw all of them anew: React hydrates them from `document` down, others put the next page's body in.

import { build } from 'esbuild';
import { readFileSync } from 'node:fs';

const SNIPPET = "(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);})(window,document,'script','dataLayer','GTM-X');";

/** Name → what of it stands in the head, in an element, and in the body itself. */
const PAGES = {
  plain: {},
  snippet: { inside: `h('script', { nonce, dangerouslySetInnerHTML: { __html: ${JSON.stringify(SNIPPET)} } })` },
  film: { inside: "h('iframe', { src: 'https://www.youtube.com/embed/x', width: 400, height: 220, title: 'Film' })" },
  font: { head: "h('link', { rel: 'stylesheet', href: 'https://fonts.googleapis.com/css2?family=Inter' })" },
  everywhere: {
    head: "h('style', { nonce, dangerouslySetInnerHTML: { __html: 'p{margin:9px}' } }), h('script', { nonce, async: true, src: 'https://www.googletagmanager.com/gtag/js?id=G-1' })",
    inside: "h('noscript', { dangerouslySetInnerHTML: { __html: '<img src=\"https://www.facebook.com/tr?id=1\">' } }), h('img', { src: 'https://www.facebook.com/tr?id=1', alt: '' })",
    body: `h('script', { nonce, dangerouslySetInnerHTML: { __html: ${JSON.stringify(SNIPPET)} } })`,
  },
  // What differs in the browser React draws anew, and says so.
  differs: { inside: "h('p', null, typeof window)" },
};
export const NAMES = Object.keys(PAGES).filter((name) => name !== 'differs');
const NONCE = 'c2hvcA';

/** The shop as Remix and its like write it: the names of their servers in a script, and the program behind it. */
const shop = (version) => `
  const nonce = '${NONCE}';
  import React, { createElement as h, useEffect, useState } from 'react';
  const pages = {${Object.entries(PAGES).map(([name, { head, inside, body }]) => `${name}: [[${head ?? ''}], [${inside ?? ''}], [${body ?? ''}]]`)}};
  export function Shop({ name }) {
    const [clicks, click] = useState(0);
    useEffect(() => { document.documentElement.dataset.drawn = '1'; }, []);
    const [head, inside, body] = pages[name];
    return h('html', { lang: 'nb' },
      h('head', null, h('meta', { charSet: 'utf-8' }), h('title', null, 'Butikk'), ...head),
      h('body', null,
        h('main', null, h('h1', null, 'Butikk'), h('button', { id: 'buy', onClick: () => click(clicks + 1) }, 'Kurv ', clicks), ...inside, h('p', null, 'Etter')),
        ...body,
        h('script', { nonce, dangerouslySetInnerHTML: { __html: 'window.__remixContext = {"url":"/"};' } }),
        h('script', { nonce, type: 'module', async: true, src: '/react${version}.js' })));
  }`;

/** Serves the pages of this version of React at \`/react18/…\`, as its own server writes them. */
export async function serveReact(origin, version) {
  const bundle = async (contents, platform, globalName) => {
    const { outputFiles } = await build({
      stdin: { contents: shop(version) + contents, resolveDir: import.meta.dirname }, bundle: true, write: false, minify: true,
      platform, format: 'iife', globalName, define: { 'process.env.NODE_ENV': '"production"' },
      alias: { react: `react${version}`, 'react-dom': `react-dom${version}` },
    });
    return outputFiles[0].text;
  };
  const client = "import { hydrateRoot } from 'react-dom/client'; hydrateRoot(document, h(Shop, { name: location.pathname.split('/')[2] }));";
  const server = "import { renderToString } from 'react-dom/server.browser'; export const write = (name) => renderToString(h(Shop, { name }));";
  origin.serve(`/react${version}.js`, await bundle(client, 'browser'), { type: 'text/javascript' });
  const { write } = new Function('MessageChannel', `${await bundle(server, 'browser', 'made')}; return made;`)(class { port1 = {}; port2 = {}; });
  const strict = { 'content-security-policy': `script-src 'nonce-${NONCE}' 'strict-dynamic'; style-src 'nonce-${NONCE}'` };
  for (const name of Object.keys(PAGES)) {
    const page = `<!DOCTYPE html>${write(name)}`;
    origin.serve(`/react${version}/${name}`, page);
    origin.serve(`/react${version}/${name}/strict`, page, { headers: strict });
  }
}

/** Serves pages whose bodies scripts put in each other's place: /turbo/1, /turbo/2, and /swap, which is its own next page. */
export function serveSwapped(origin) {
  const page = (head, body) => `<!doctype html><html lang="nb"><head><meta charset="utf-8"><title>Butikk</title>${head}</head><body>${body}</body></html>`;
  const turbo = new URL(import.meta.resolve('@hotwired/turbo'));
  origin.serve('/turbo.js', readFileSync(new URL('turbo.es2017-umd.js', turbo)), { type: 'text/javascript' });
  for (const [here, there] of [[1, 2], [2, 1]])
    origin.serve(`/turbo/${here}`, page('<script src="/turbo.js" data-turbo-track="reload" defer></script>', `<h1>Side ${here}</h1><p><a href="/turbo/${there}">Til ${there}</a></p>`));
  // As Astro does it: what stands in the head goes, too.
  const swap = `document.querySelector('main button').onclick = () => {
    for (const style of document.head.querySelectorAll('style')) style.remove();
    const next = document.createElement('body');
    next.append('Neste side');
    document.body.replaceWith(next);
  };`;
  origin.serve('/swap', page('<meta name="astro-view-transitions-enabled" content="true">', `<main><button>Neste</button></main><script>${swap}</script>`));
}
