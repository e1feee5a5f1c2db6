import type { FaultService } from '../faults/rule';
import type { Exchange } from '../http/service';
import type { Refusal } from '../wire/refusals';

/** AWS takes a signature for five minutes around its own time, S3 for fifteen. */
export function skewLimitMs(service: FaultService): number {
  return (service === 's3' ? 15 : 5) * 60_000;
}

/** When a request says that it was signed; `undefined` when it does not say. */
export function signedAtMs(exchange: Exchange): number | undefined {
  const signed = exchange.headers['x-amz-date'] ?? exchange.query.get('X-Amz-Date') ?? '';
  const [, date, hours, minutes, seconds] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z$/.exec(signed) ?? [];
  if (date === undefined) return undefined;
  const ms = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** How a service refuses a signature of another time; SDKs set their clock by the date of this answer. */
export function outOfTime(service: FaultService): Refusal {
  const text = 'The difference between the request time and the current time is too large.';
  return service === 's3'
    ? { code: 'RequestTimeTooSkewed', status: 403, message: text }
    : { code: 'InvalidSignatureException', status: 403, message: `Signature expired: ${text}` };
}
