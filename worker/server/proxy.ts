import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Environment } from '../config';

/** `NO_PROXY` entries: `*`, a host, a domain with or without leading dot, optionally with a port. */
function isExempt(target: URL, noProxy: string): boolean {
  const host = target.hostname.toLowerCase();
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const [name = '', entryPort] = entry.split(':');
      const domain = name.replace(/^\*?\.?/, '');
      if (entry === '*') return true;
      if (entryPort !== undefined && entryPort !== port) return false;
      return host === domain || host.endsWith(`.${domain}`);
    });
}

/**
 * The proxy for a URL by the usual variables, in either case, then npm's own settings (npm hands those to its scripts):
 * whoever could run `npm install` here needs to say nothing twice. `undefined` means: connect directly.
 */
export function proxyFor(target: URL, env: Environment, preferred?: string): URL | undefined {
  const either = (name: string): string | undefined => env[name.toLowerCase()] || env[name];
  const noProxy = either('NO_PROXY') ?? env.npm_config_noproxy ?? '';
  if (isExempt(target, noProxy)) return undefined;
  const proxy =
    preferred ??
    (target.protocol === 'https:'
      ? (either('HTTPS_PROXY') ?? env.npm_config_https_proxy ?? env.npm_config_proxy)
      : (either('HTTP_PROXY') ?? env.npm_config_proxy)) ??
    either('ALL_PROXY');
  if (!proxy || proxy === 'null') return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

export function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Opens a TLS connection to `target` through the proxy's CONNECT. Node 20's `fetch` ignores the proxy variables. */
export function tunnel(
  proxy: URL,
  { target, ca, signal }: { readonly target: URL; readonly ca?: readonly string[]; readonly signal: AbortSignal }
): Promise<Duplex> {
  const authority = `${target.hostname}:${target.port || '443'}`;
  const { request } = proxy.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const connect = request({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(proxy) },
      agent: false,
      signal,
    });
    connect.once('error', reject);
    connect.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${authority}`));
        return;
      }
      const secure = tls.connect({ socket, servername: target.hostname, ...(ca ? { ca: [...ca] } : {}) });
      secure.once('error', reject);
      secure.once('secureConnect', () => resolve(secure));
    });
    connect.end();
  });
}
