import type { GuardTrack, LookResult } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import { propose } from './allocation/propose';
import { renewAssignment } from './assignment';
import type { ActivityDeps } from './deps';
import { armSources } from './evidence/arm-source';
import type { CountsReading } from './evidence/counts-types';
import { countsRequests, openLook } from './evidence/look';
import type { Look, SharesSince } from './evidence/look';
import { comparePairs } from './evidence/compared';
import { segmentNames } from './evidence/segments';
import { ticksBetween } from './evidence/ticks';
import { decideOn, judgeGuards } from './judge-guards';
import type { Guarded } from './judge-guards';
import type { LookRequest } from './types';
import { armCopies } from './monitoring/arm-copies';
import { expectUntouched } from './untouched';

/** One look: checks that the endpoint is as we left it, then feeds every guard the ticks that have closed since its last one. */
export async function judge(deps: ActivityDeps, input: LookRequest): Promise<LookResult> {
  await expectUntouched(deps, input);
  await renewAssignment(deps, input);
  return lookAtEvidence(deps, input);
}

/** Feeds every guard the ticks that have closed since its last one. */
export async function lookAtEvidence(deps: ActivityDeps, input: LookRequest): Promise<LookResult> {
  // An approval may be awaited before the first shift: there is nothing to judge until evidence is open.
  if (input.traffic.throughMs === 0) return { ...unchanged(input), decisions: decisionsOf(input, input.guards) };
  const incumbent = input.incumbent?.variant ?? '';
  const look = await lookAt(deps, input, incumbent);
  const guards = await judgeGuards(look, {
    incumbent,
    isAlone: servesAlone(input),
    guards: input.guards.map((track, i) => guardedBy(input, track, i)),
  });
  const decisions = decisionsOf(input, guards);
  return {
    ...(await propose(look, input, { guards, decisions })),
    guards,
    decisions,
    traffic: await addTraffic(input, look, incumbent),
  };
}

/** A candidate has all traffic and no incumbent beside it, as in a watch that keeps the old model cold. */
function servesAlone({ layout }: LookRequest): boolean {
  return layout.kind === 'single' && Object.values(layout.sharesPct).includes(100);
}

function unchanged({ guards, traffic, bandit }: LookRequest): Omit<LookResult, 'decisions'> {
  return { guards, traffic, bandit, proposal: null };
}

function guardedBy({ spec, plan }: LookRequest, track: GuardTrack, i: number): Guarded {
  const [guard, planned] = [spec.guards[track.guard], plan.guards[i]];
  if (guard === undefined || planned === undefined) throw new FailureError('Internal', `Guard ${i} has no plan.`);
  return { spec: guard, plan: planned, track };
}

/** What the guards of each candidate say together. */
function decisionsOf(input: LookRequest, guards: readonly GuardTrack[]): LookResult['decisions'] {
  const guarded = guards.map((track, i) => guardedBy(input, track, i));
  return Object.fromEntries(
    input.spec.candidates.map(({ name }) => [name, decideOn(guarded.filter(({ track }) => track.arm === name))])
  );
}

function lookAt(deps: ActivityDeps, input: LookRequest, incumbent: string): Promise<Look> {
  const { spec, guards, traffic, bandit } = input;
  const cursors = guards.flatMap(({ guard, throughMs }) => {
    const own = spec.guards[guard];
    return own !== undefined && countsRequests(own) ? [throughMs] : [];
  });
  return openLook(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    {
      spec,
      variants: [incumbent, ...spec.candidates.map(({ name }) => name)],
      nowMs: deps.now(),
      countsFromMs: Math.min(traffic.throughMs, bandit?.throughMs ?? Infinity, ...cursors),
      shares: sharesOf(input, incumbent),
      about: { rollout: input.id },
      sources: armSources(input, input.layout),
      bySegment: segmentNames(spec).length > 0,
      copies: armCopies(deps, input),
    }
  );
}

/** Shares of all variants over time; what the candidates have not is the incumbent's. */
function sharesOf({ shares }: LookRequest, incumbent: string): readonly SharesSince[] {
  return shares.map(({ sinceMs, sharesPct }) => {
    if (sharesPct === null) return { sinceMs, sharesPct };
    const candidates = Object.values(sharesPct).reduce((sum, pct) => sum + pct, 0);
    return { sinceMs, sharesPct: { ...sharesPct, [incumbent]: 100 - candidates } };
  });
}

async function addTraffic(input: LookRequest, look: Look, incumbent: string): Promise<LookResult['traffic']> {
  const { traffic, spec, layout } = input;
  const ticks = ticksBetween(traffic.throughMs, look.counts.closedMs, spec.tickMs);
  const sums = look.variants.map((variant): readonly [string, number] => [variant, sumOf(look.counts, ticks, variant)]);
  const sawAny = sums.some(([, requests]) => requests > 0);
  const throughMs = ticks.at(-1)?.endMs ?? traffic.throughMs;
  const candidate = spec.candidates[0].name;
  const compared =
    layout.copyPct > 0
      ? await comparePairs(look, {
          pair: { candidate, incumbent },
          fromMs: traffic.throughMs,
          toMs: throughMs,
          before: traffic.compared,
        })
      : traffic.compared;
  return {
    ...traffic,
    requests: Object.fromEntries(sums.map(([variant, n]) => [variant, (traffic.requests[variant] ?? 0) + n])),
    lastLook: sawAny ? Object.fromEntries(sums) : traffic.lastLook,
    pairs: compared.find(({ segment }) => segment === '')?.pairs ?? traffic.pairs,
    compared,
    throughMs,
  };
}

function sumOf(counts: CountsReading, ticks: ReturnType<typeof ticksBetween>, variant: string): number {
  return ticks.reduce((total, tick) => total + (counts.totals(tick).get(variant)?.requests ?? 0), 0);
}
