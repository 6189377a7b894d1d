// A proxy that browsers other than Chromium are sent through, which have no rules for what a name leads to. It notes every host
// it is asked for, and no name leaves this machine: the loopback interface and the shop's hosts are led to the gateway, all else
// to the recorder (outside.mjs).

import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { certificate, startOutside } from './outside.mjs';

/** Most hosts noted; a test that asks for more has gone wrong. */
const HOSTS_MAX = 10_000;

const isLoopback = (host) => ['127.0.0.1', '::1', 'localhost'].includes(host) || host.endsWith('.localhost');

/** Name and port as `host:port` says them; an IPv6 address stands in brackets. */
function placed(authority, port) {
  const url = new URL(`http://${authority}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || port) };
}

/** Joins two sockets until one of them ends or fails. */
function join(one, other) {
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
  one.pipe(other).pipe(one);
}

/** Asks the same of `port` on this machine, and passes on what comes. */
function pass(request, response, port, more = {}) {
  const { 'proxy-connection': _, ...headers } = request.headers;
  const path = request.url.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/');
  const asked = http.request({ host: '127.0.0.1', port, method: request.method, path, headers: { ...headers, ...more } }, (reply) => {
    response.writeHead(reply.statusCode, reply.statusMessage, reply.rawHeaders);
    reply.pipe(response);
  });
  asked.on('error', () => response.destroy());
  response.on('close', () => asked.destroy());
  request.pipe(asked);
}

/**
 * Starts proxy and recorder on free ports of the loopback interface.
 *
 *   own    the shop's names, and the port of the gateway that answers for each. What is asked for by TLS is read here, with the
 *          recorder's certificate, and says so to the gateway (X-Forwarded-Proto): `trusted_proxies = ["127.0.0.1"]`
 *
 * `outside` is the recorder. `asked` holds every host that anything was wanted from, the shop's and the loopback's left out, so
 * that a connection without a request shows, and one that the browser gave up.
 */
export async function startPassed({ own = {} } = {}) {
  const outside = await startOutside();
  const asked = [];
  const sockets = new Set();
  const note = (host) => { if (asked.length < HOSTS_MAX) asked.push(host); };
  const portOf = ({ host, port }) => (isLoopback(host) ? port : own[host]);

  const proxy = http.createServer((request, response) => {
    const to = placed(/^https?:\/\/([^/?]*)/i.exec(request.url)?.[1] ?? request.headers.host, 80);
    if (portOf(to)) return pass(request, response, portOf(to));
    note(to.host);
    return pass(request, response, outside.httpPort);
  });
  const secure = https.createServer(certificate(), (request, response) => (
    pass(request, response, own[placed(request.headers.host, 443).host], { 'x-forwarded-proto': 'https' })
  ));
  proxy.on('connect', (request, socket, head) => {
    const to = placed(request.url, 443);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    if (head.length) socket.unshift(head);
    if (own[to.host]) return to.port === 443 ? secure.emit('connection', socket) : join(socket, net.connect(own[to.host], '127.0.0.1'));
    if (!isLoopback(to.host)) note(to.host);
    return join(socket, net.connect(portOf(to) ?? (to.port === 80 ? outside.httpPort : outside.httpsPort), '127.0.0.1'));
  });
  proxy.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await new Promise((done, fail) => {
    proxy.once('error', fail);
    proxy.listen(0, '127.0.0.1', () => done(proxy.address().port));
  });
  return {
    port, asked, outside,
    forget() { asked.length = 0; outside.forget(); },
    async stop() {
      // Tunnels are the browser's to end, and it may be gone.
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => proxy.close(done));
      await outside.stop();
    },
  };
}
