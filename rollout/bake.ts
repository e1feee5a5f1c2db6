import { enter } from './moves';
import { rungsOf } from './rungs';
import type { Hold } from './rungs';
import { candidateRequests } from './traffic';
import type { Layout, RolloutState } from './types';

/** Starts holding the shares of rung `rung`, before going on to rung `next`. */
export function startBake(
  state: RolloutState,
  input: { readonly rung: number; readonly next: number; readonly atMs: number }
): RolloutState {
  const { rung, next, atMs } = input;
  const hold = holdAt(state, rung);
  const phase = {
    kind: 'baking',
    rung,
    next,
    sinceMs: atMs,
    untilMs: atMs + hold.until.atMostMs,
    requestsAtStart: candidateRequests(state),
  } as const;
  return enter(openEvidence(state, atMs), { phase, atMs, text: `Hold ${layoutText(state.layout)} and judge.` });
}

/** What a layout does with the requests, in words: `5 %` of one candidate, `5 % to v8, 5 % to v9` of several, `copies of 20 %`. */
export function layoutText({ sharesPct, copyPct }: Layout): string {
  const shares = Object.values(sharesPct);
  const live = shares.length === 1 ? percentText(shares[0] ?? 0) : sharesText(sharesPct);
  if (copyPct === 0) return shares.length === 0 ? '0 %' : live;
  const copies = `copies of ${percentText(copyPct)}`;
  return shares.some((pct) => pct > 0) ? `${live}, ${copies}` : copies;
}

/** Shares of candidates in words: `5 % to v8`. */
export function sharesText(sharesPct: Layout['sharesPct']): string {
  const parts = Object.entries(sharesPct).filter(([, pct]) => pct > 0);
  if (parts.length === 0) return 'no traffic to candidates';
  return parts.map(([name, pct]) => `${percentText(pct)} to ${name}`).join(', ');
}

function percentText(pct: number): string {
  return `${Number(pct.toFixed(2))} %`;
}

export function holdAt(state: RolloutState, index: number): Hold {
  const rung = rungsOf(state.spec)[index];
  if (rung?.kind !== 'hold') throw new Error(`rung ${index} holds no share`);
  return rung;
}

/** The first tick that may count begins at the first whole window after the shares were confirmed. */
export function openEvidence(state: RolloutState, atMs: number): RolloutState {
  const { tickMs } = state.spec;
  const openMs = Math.ceil(atMs / tickMs) * tickMs;
  const open = <T extends { readonly throughMs: number }>(cursor: T): T =>
    cursor.throughMs > 0 ? cursor : { ...cursor, throughMs: openMs };
  const opened = state.bandit === null ? null : open(state.bandit);
  const bandit =
    opened === null || opened.batches.length > 0 ? opened : { ...opened, batches: [{ batch: 0, sinceMs: openMs }] };
  return { ...state, guards: state.guards.map(open), traffic: open(state.traffic), bandit };
}
