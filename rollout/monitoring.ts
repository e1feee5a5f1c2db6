import { formatDuration } from '../spec/duration';
import type { MonitorSpec, ViolationPolicy } from '../spec/types';
import type { Consequence, EndpointState, MonitorMemory, MonitorNews, Window } from './types';

/** The data window of a nominal time: it ends there, so that backfills and late runs look at the same data as a run on time would have. */
export function windowOf({ windowMs }: Pick<MonitorSpec, 'windowMs'>, nominalMs: number): Window {
  return { fromMs: nominalMs - windowMs, toMs: nominalMs };
}

/** A window as part of an S3 key: `20261129T010000Z-20261129T020000Z`. Their order is that of the times. */
export function windowKey({ fromMs, toMs }: Window): string {
  const text = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
  return `${text(fromMs)}-${text(toMs)}`;
}

/** The window that a key names; null when it names none. */
export function windowOfKey(key: string): Window | null {
  const [, from, to] = /^(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)$/.exec(key) ?? [];
  if (from === undefined || to === undefined) return null;
  return { fromMs: timeOf(from), toMs: timeOf(to) };
}

function timeOf(text: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/**
 * Windows between the first one that was judged and this one that nobody has judged: a run was skipped, or did not end. Only
 * those that still lie within `lateMs`, oldest first; one that overlaps a judged one (a day of 23 hours) is none.
 */
export function missingWindows(
  spec: Pick<MonitorSpec, 'windowMs' | 'lateMs'>,
  nominalMs: number,
  judged: readonly Window[]
): readonly Window[] {
  const firstMs = Math.min(...judged.map(({ toMs }) => toMs));
  const missing: Window[] = [];
  for (let toMs = nominalMs - spec.windowMs; toMs > Math.max(firstMs, nominalMs - spec.lateMs); toMs -= spec.windowMs) {
    const window = windowOf(spec, toMs);
    if (!judged.some((one) => one.fromMs < window.toMs && window.fromMs < one.toMs)) missing.unshift(window);
  }
  return missing;
}

/**
 * What a monitor's news lead to. Each policy follows at most once in the monitor's cooldown; a correction is told, and changes nothing any
 * more: what was decided on the window was decided.
 */
export function afterMonitor(
  state: EndpointState,
  news: MonitorNews,
  nowMs: number
): { readonly state: EndpointState; readonly consequences: readonly Consequence[] } {
  const before = state.monitors.find(({ name }) => name === news.name);
  const wanted = news.outcome.verdict === 'fail' ? news.policies : [];
  const consequences = wanted
    .filter((policy) => !news.isCorrection || policy === 'alert')
    .map((policy) => consequenceOf(state, policy, { before, news, nowMs }));
  const followed = consequences.flatMap(({ policy, heldBack }) => (heldBack === null ? [policy] : []));
  const memory: MonitorMemory = {
    name: news.name,
    kind: news.kind,
    last: news.isCorrection ? (before?.last ?? news.outcome) : news.outcome,
    atMs: nowMs,
    followedMs: { ...before?.followedMs, ...Object.fromEntries(followed.map((policy) => [policy, nowMs])) },
  };
  const others = state.monitors.filter(({ name }) => name !== news.name);
  return { state: { ...state, monitors: [...others, memory] }, consequences };
}

function consequenceOf(
  state: EndpointState,
  policy: ViolationPolicy,
  of: { readonly before: MonitorMemory | undefined; readonly news: MonitorNews; readonly nowMs: number }
): Consequence {
  const { before, news, nowMs } = of;
  const lastMs = before?.followedMs[policy];
  const sinceMs = lastMs === undefined ? null : nowMs - lastMs;
  if (sinceMs !== null && sinceMs < news.cooldownMs)
    return heldBack(
      policy,
      `it followed ${formatDuration(sinceMs, 2)} ago, and the cooldown is ${formatDuration(news.cooldownMs)}`
    );
  const { running, incumbent, retraining } = state;
  switch (policy) {
    case 'alert':
      return { policy, heldBack: null, what: 'alert' };
    case 'guardEvidence':
      return running === null || running.isWatching
        ? heldBack(policy, 'no rollout is running that could be judged')
        : { policy, heldBack: null, what: `evidence for the guards of ${running.id}` };
    case 'rollBack':
      return running?.isWatching === true
        ? { policy, heldBack: null, what: `rollback of ${running.id}` }
        : heldBack(policy, 'nothing is watched that could be rolled back');
    case 'retrain':
      if (retraining !== null) return heldBack(policy, `${retraining.id} is under way`);
      if (incumbent?.spec?.retraining === undefined)
        return heldBack(policy, 'the file that brought the incumbent does not say how to retrain');
      return retrainingOf(state, { policy, cooldownMs: incumbent.spec.retraining.cooldownMs, nowMs });
  }
}

function retrainingOf(
  { retrained }: EndpointState,
  of: { readonly policy: ViolationPolicy; readonly cooldownMs: number; readonly nowMs: number }
): Consequence {
  const { policy, cooldownMs, nowMs } = of;
  const sinceMs = retrained.lastMs === null ? null : nowMs - retrained.lastMs;
  return sinceMs !== null && sinceMs < cooldownMs
    ? heldBack(
        policy,
        `a model was asked for ${formatDuration(sinceMs, 2)} ago, and the cooldown is ${formatDuration(cooldownMs)}`
      )
    : { policy, heldBack: null, what: 'retraining' };
}

function heldBack(policy: ViolationPolicy, why: string): Consequence {
  return { policy, heldBack: why, what: policy };
}
