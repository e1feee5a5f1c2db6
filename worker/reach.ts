import net from 'node:net';
import type { Environment } from './config';

/** Splits `host:port`, `host`, `[::1]:port`; `undefined` when it is none of these. The port defaults to Temporal's 7233. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:/\s]+))(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 7233);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
};

/** gRPC would go through a proxy, so that a direct attempt proves nothing. */
function usesProxy(env: Environment): boolean {
  return ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => Boolean(env[name] ?? env[name.toUpperCase()]));
}

/** Why no TCP connection can be made, or `undefined` when one can: gRPC itself would only say that its deadline passed. */
export function whyUnreachable(
  address: string,
  { timeoutMs, env }: { readonly timeoutMs: number; readonly env: Environment }
): Promise<string | undefined> {
  const parsed = parseAddress(address);
  if (parsed === undefined) return Promise.resolve('the address is not of the form host:port');
  if (usesProxy(env)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = net.connect({ ...parsed, timeout: timeoutMs });
    const finish = (reason: string | undefined): void => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => finish(undefined));
    socket.once('timeout', () => finish(`no answer within ${timeoutMs} ms`));
    socket.once('error', (error) => {
      // With several addresses for a name, Node reports all failures under one error that has the first one's code.
      const code = 'code' in error ? String(error.code) : '';
      finish(REASONS[code] ?? (error.message || code));
    });
  });
}
