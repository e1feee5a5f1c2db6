import type { TrafficSummary } from '../../examples/product-reviews/drive';
import type { RolloutResult } from '../../rollout';
import { outcomeSentence } from '../../report';
import { duration } from '../../report/words';
import type { Chapter } from './chapters';

export interface Played {
  readonly chapter: Chapter;
  readonly result: RolloutResult;
}

/** What was decided and why, and what the users of the endpoint noticed. */
export function demoSummary(input: {
  readonly played: readonly Played[];
  readonly traffic: TrafficSummary | null;
  readonly tookMs: number;
}): readonly string[] {
  const { played, traffic, tookMs } = input;
  return [
    `── What was decided, and why (the whole demo took ${duration(tookMs)})`,
    '',
    ...played.flatMap(({ result }) => [`  ${sign(result)} ${outcomeSentence(result)}`, `    ${exposure(result)}`]),
    '',
    ...trafficLines(traffic),
  ];
}

/** Whether every rollout ended as it must, and no request was lost. */
export function isAsPromised(played: readonly Played[], traffic: TrafficSummary | null): boolean {
  return (
    played.every(({ chapter, result }) => result.outcome.kind === chapter.expected) &&
    traffic !== null &&
    traffic.dropped === 0
  );
}

function sign(result: RolloutResult): string {
  return result.outcome.kind === 'promoted' ? '✓' : '↩';
}

function exposure({ traffic, arms, digest }: RolloutResult): string {
  const candidate = arms.reduce((sum, { name }) => sum + (traffic.requests[name] ?? 0), 0);
  const all = Object.values(traffic.requests).reduce((sum, n) => sum + n, 0);
  const plan = digest === null ? '' : `   plan ${digest.slice(0, 12)}`;
  return `judged on ${candidate.toLocaleString('en')} requests to it and ${(all - candidate).toLocaleString('en')} to the incumbent${plan}`;
}

function trafficLines(traffic: TrafficSummary | null): readonly string[] {
  if (traffic === null) return ['  The traffic driver gave no summary; see its log.'];
  const { sent, answered, modelErrors, dropped, latencyMs } = traffic;
  const number = (n: number): string => n.toLocaleString('en');
  return [
    `  Traffic: ${number(sent)} reviews sent, ${number(answered)} answered, ${number(modelErrors)} model errors, ${number(dropped)} dropped;`,
    `  latency p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms.`,
  ];
}
