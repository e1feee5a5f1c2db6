import type { SettableClock } from '../engine/clock';
import type { Journal } from '../engine/journal';
import type { Answer, Exchange, Service } from './service';
import { isRecord } from '../is-record';

/** One resource of the control API below `/_sandbox/`. What it returns is sent as JSON; `undefined` means no such method. */
export type ControlResource = (call: {
  readonly method: string;
  readonly exchange: Exchange;
  readonly json: () => Promise<unknown>;
}) => Promise<unknown>;

/** A mistake in a call to the control API: answered with 400 and its message. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  /** `members` are sent beside the message. */
  constructor(
    message: string,
    readonly members: Readonly<Record<string, unknown>> = {}
  ) {
    super(message);
  }
}

/** What a resource returns to be sent as text instead of JSON. */
export class PlainText {
  constructor(readonly text: string) {}
}

const CONTROL_BODY_LIMIT_BYTES = 1024 * 1024;

/** Serves the sandbox's own API: it looks inside and turns knobs, outside of any AWS protocol. */
export function controlService(resources: Readonly<Record<string, ControlResource>>): Service {
  return {
    name: 'control',
    handle: async (exchange) => {
      const name = exchange.path.slice('/_sandbox/'.length);
      const resource = Object.hasOwn(resources, name) ? resources[name] : undefined;
      if (!resource) return json(404, { error: `no such resource: ${name}`, resources: Object.keys(resources) });
      try {
        const value = await resource({ method: exchange.method, exchange, json: () => readJson(exchange) });
        if (value instanceof PlainText)
          return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: value.text };
        return value === undefined
          ? json(405, { error: `${name} does not take ${exchange.method}` })
          : json(200, value);
      } catch (error) {
        if (error instanceof ControlError) return json(400, { error: error.message, ...error.members });
        throw error;
      }
    },
  };
}

/** `GET` what happened since `?after=<sequence>`. */
export function journalResource(journal: Journal): ControlResource {
  return async ({ method, exchange }) =>
    method === 'GET' ? { events: journal.since(Number(exchange.query.get('after') ?? 0)) } : undefined;
}

/** `GET` the clock; `PUT { nowMs? , advanceMs?, speed? }` turns it. */
export function clockResource(clock: SettableClock): ControlResource {
  const show = () => ({ nowMs: clock.now(), speed: clock.speed });
  return async ({ method, json: body }) => {
    if (method === 'GET') return show();
    if (method !== 'PUT') return undefined;
    const wanted = await body();
    try {
      if (isRecord(wanted) && typeof wanted['speed'] === 'number') clock.setSpeed(wanted['speed']);
      if (isRecord(wanted) && typeof wanted['nowMs'] === 'number') clock.set(wanted['nowMs']);
      if (isRecord(wanted) && typeof wanted['advanceMs'] === 'number') clock.advance(wanted['advanceMs']);
    } catch (error) {
      if (error instanceof RangeError) throw new ControlError(error.message);
      throw error;
    }
    return show();
  };
}

async function readJson(exchange: Exchange): Promise<unknown> {
  const body = await exchange.body(CONTROL_BODY_LIMIT_BYTES);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ControlError('the body is not JSON');
  }
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
