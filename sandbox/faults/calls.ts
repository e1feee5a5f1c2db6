import { setTimeout as sleep } from 'node:timers/promises';
import type { Interceptor } from '../http/server';
import type { Exchange } from '../http/service';
import type { Knobs } from '../knobs/knobs';
import { outOfTime, signedAtMs, skewLimitMs } from '../signatures/time';
import type { FaultBook } from './book';
import { codeOf, refuse, throttled } from '../wire/refusals';
import type { FaultService, FaultSite } from './rule';
import { siteOf } from './site';

/** Longer than any client waits. */
const FOREVER_MS = 24 * 3_600_000;

/** Strikes calls: before they reach their service, or after it has answered. */
export function faultInterceptor(
  book: FaultBook,
  clock: { now(): number },
  knobs: Pick<Knobs, 'throttlingStatus'>
): Interceptor {
  const sites = new WeakMap<Exchange, FaultSite>();
  const skews = new WeakMap<Exchange, number>();

  return {
    get isIdle() {
      return book.isEmpty;
    },

    before: async ({ service: key, exchange }) => {
      const site = await siteOf(key, exchange);
      sites.set(exchange, site);
      const delay = book.strike(['delay'], site);
      if (delay) await patience(exchange, delay.fault.byMs);
      const skew = book.strike(['clockSkew'], site);
      if (skew) skews.set(exchange, skew.fault.byMs);
      if (skew && isOutOfTime(site.service, exchange, clock.now() + skew.fault.byMs))
        return dated(refuse(site.service, exchange, outOfTime(site.service)), clock.now() + skew.fault.byMs);
      const struck = book.strike(['throttle', 'error', 'reset', 'hang'], site);
      if (!struck) return undefined;
      const { fault } = struck;
      switch (fault.fault) {
        case 'throttle':
          return refuse(site.service, exchange, throttled(site.service, knobs));
        case 'error': {
          const { status, code = codeOf(site.service, status) } = fault;
          const message = fault.message ?? 'The request has failed because of a fault rule of the sandbox.';
          return refuse(site.service, exchange, { status, code, message });
        }
        case 'reset':
          return 'drop';
        case 'hang':
          await patience(exchange, fault.forMs ?? FOREVER_MS);
          return 'drop';
      }
    },

    after: async ({ exchange, answer }) => {
      const site = sites.get(exchange);
      if (!site) return answer;
      if (answer.status < 300 && book.strike(['loseAnswer'], site)) return 'drop';
      const skewMs = skews.get(exchange);
      return skewMs === undefined ? answer : dated(answer, clock.now() + skewMs);
    },
  };
}

/** Waits, but not for a client that has left. */
async function patience(exchange: Exchange, ms: number): Promise<void> {
  const { socket } = exchange.request;
  const gone = new AbortController();
  const onClose = () => gone.abort();
  if (socket.destroyed) return;
  socket.once('close', onClose);
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  socket.off('close', onClose);
}

function isOutOfTime(service: FaultService, exchange: Exchange, serverMs: number): boolean {
  const signedMs = signedAtMs(exchange);
  return signedMs !== undefined && Math.abs(serverMs - signedMs) > skewLimitMs(service);
}

function dated<T extends { readonly headers: Readonly<Record<string, string>> }>(answer: T, nowMs: number): T {
  return { ...answer, headers: { ...answer.headers, date: new Date(nowMs).toUTCString() } };
}
