import { FailureError } from '../../sagemaker/faults';
import type { ArmCounts } from '../../guards/types';
import { errorCounts } from './counts';
import { configuredSharePct } from './look';
import type { Look } from './look';
import { everyTick, tickEnd } from './reading';
import type { GuardReading, Pair } from './reading';
import type { Only } from './segments';
import { EXPOSURE_LAG_MS, servedByCapture, servedByExposures } from './trials';
import type { Served } from './trials';
import type { ErrorsGuard } from '../../spec/types';

/** Exposures are read back this far at most, to know whom a rollout has drawn before. */
export const LONGEST_MS = 7 * 86_400_000;
/** SageMaker gives up on a model after 60 s. */
const LONGEST_CALL_MS = 60_000;

/** Whoever is drawn by a gateway: a user, or a call that names none. */
export const drawnOf = ({ user, id }: Pick<Served, 'user' | 'id'>): string => user ?? id;

/**
 * When a user counts again: once in each window of the clock, which begins for every user at another moment so that trials come evenly, and
 * anew for all alike when shares were set, so that whoever moved is seen at once.
 */
export function windowOf(
  { shares }: Pick<Look, 'shares'>,
  at: { readonly who: string; readonly atMs: number; readonly windowMs: number }
): string {
  const era = shares.findLastIndex(({ sinceMs, sharesPct }) => sharesPct !== null && sinceMs <= at.atMs);
  const nth = Math.floor((at.atMs + (hashOf(at.who) % at.windowMs)) / at.windowMs);
  return `${era} ${nth} ${at.who}`;
}

/**
 * Failures by the gateway's exposures. Users by arm, and those of them who met one: each counts once a window, in the tick of the first call in
 * it, by all calls of that tick. Calls that name no user are drawn one by one, and are counted so, as all are where the guard counts requests.
 */
export async function readExposedErrors(
  look: Look,
  guard: ErrorsGuard,
  range: { readonly sinceMs: number; readonly only?: Only | undefined }
): Promise<GuardReading> {
  const { tickMs } = look.spec;
  const { users } = guard;
  const { only = () => true } = range;
  const { served, closedMs } = await readServed(look, range.sinceMs - (users?.windowMs ?? 0));
  const trialOf = (call: Served): string =>
    users === undefined ? call.id : windowOf(look, { who: drawnOf(call), atMs: call.atMs, windowMs: users.windowMs });
  const trials = new Map<string, { readonly place: string; isBad: boolean }>();
  for (const call of served.filter(({ id }) => only(id))) {
    const name = trialOf(call);
    const place = placeOf(call, tickMs);
    const trial = trials.get(name) ?? { place, isBad: false };
    if (trial.place === place) trial.isBad ||= isFailed(guard, call);
    trials.set(name, trial);
  }
  const counts = new Map<string, ArmCounts>();
  for (const { place, isBad } of trials.values()) {
    const { n, bad } = counts.get(place) ?? { n: 0, bad: 0 };
    counts.set(place, { n: n + 1, bad: bad + Number(isBad) });
  }
  const of = (variant: string, endMs: number) => counts.get(`${variant} ${endMs}`) ?? { n: 0, bad: 0 };
  return everyTick({ closedMs, tickMs }, ({ key, endMs }, pair) => ({
    key,
    unit: users === undefined ? 'request' : 'user',
    candidate: of(pair.candidate, endMs),
    incumbent: of(pair.incumbent, endMs),
  }));
}

/**
 * Users of each arm of a pair against the configured split. A gateway draws a user once for the whole rollout, so he is counted once, when he is
 * first seen while both arms had a share: what he does later is no news about the draw.
 */
export async function readUserSplit(look: Look): Promise<GuardReading> {
  const { shares, nowMs, spec } = look;
  const { tickMs } = spec;
  const fromMs = Math.max(shares[0]?.sinceMs ?? nowMs, nowMs - LONGEST_MS);
  const { served, closedMs } = await readServed(look, fromMs);
  const drawn = onceFor((pair: Pair) => firstSeen(look, { served, pair, tickMs }));
  return everyTick({ closedMs, tickMs }, (tick, pair) => {
    const own = drawn(pair);
    return {
      kind: 'split',
      key: tick.key,
      unit: 'user',
      candidate: own.get(`${pair.candidate} ${tick.endMs}`) ?? 0,
      incumbent: own.get(`${pair.incumbent} ${tick.endMs}`) ?? 0,
      sharePct: configuredSharePct(look, tick, pair),
    };
  });
}

/** Users behind inference ids, for what is told by inference id alone: from the exposures, or from the captured requests. */
export async function readUsers(
  look: Look,
  range: { readonly fromMs: number; readonly toMs: number }
): Promise<ReadonlyMap<string, string>> {
  const { exposures } = look.spec;
  // A gateway notes when the answer reached it, data capture when the model gave it.
  const later = { ...range, toMs: range.toMs + LONGEST_CALL_MS };
  const served =
    exposures === undefined
      ? await servedByCapture(look, { ...range, unit: 'user' })
      : await servedByExposures(look, { ...later, uri: exposures.from });
  return new Map(served.map((call) => [call.id, drawnOf(call)]));
}

/** Whom gateways answered from `fromMs` on, in the order of time. */
export async function readServed(
  look: Look,
  fromMs: number
): Promise<{ readonly served: readonly Served[]; readonly closedMs: number }> {
  const { exposures } = look.spec;
  if (exposures === undefined)
    throw new FailureError('InvalidRequest', 'Users are counted by exposures, which the file does not have.');
  const closedMs = look.nowMs - EXPOSURE_LAG_MS;
  if (closedMs <= fromMs) return { served: [], closedMs };
  const served = await servedByExposures(look, { fromMs, toMs: closedMs, uri: exposures.from });
  return { served: [...served].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)), closedMs };
}

function firstSeen(
  look: Look,
  { served, pair, tickMs }: { readonly served: readonly Served[]; readonly pair: Pair; readonly tickMs: number }
): ReadonlyMap<string, number> {
  const seen = new Set<string>();
  const sharePct = onceFor((endMs: number) => {
    const tick = { startMs: endMs - tickMs, endMs };
    return configuredSharePct(look, tick, pair);
  });
  const counts = new Map<string, number>();
  for (const call of served) {
    if (call.variant !== pair.candidate && call.variant !== pair.incumbent) continue;
    const share = sharePct(tickEnd(call.atMs, tickMs));
    if (share <= 0 || share >= 100 || seen.has(drawnOf(call))) continue;
    seen.add(drawnOf(call));
    const place = placeOf(call, tickMs);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}

function isFailed(guard: ErrorsGuard, { status }: Served): boolean {
  const totals = { requests: 1, errors4xx: Number(status >= 400 && status < 500), errors5xx: Number(status >= 500) };
  return errorCounts(guard, totals).bad > 0;
}

const placeOf = ({ variant, atMs }: Served, tickMs: number): string => `${variant} ${tickEnd(atMs, tickMs)}`;

/** A function whose answers are remembered by the JSON of its argument. */
function onceFor<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<string, V>();
  return (key) => {
    const name = JSON.stringify(key);
    const known = made.get(name);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(name, value);
    return value;
  };
}

/** FNV-1a, 32 bits: spreads users over the clock; nothing rests on it but evenness. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
