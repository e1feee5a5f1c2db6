import type { GuardPlan, Verdict } from '../../guards';
import { standingOf } from '../../guards/bandits';
import type { Standing } from '../../guards/bandits';
import { formatCount, formatNumber } from '../../guards/wording';
import { candidateRequests, incumbentRequests, resultOf, runningArms } from '../../rollout';
import { outcomeSentence } from '../../report';
import { table } from '../table';
import type { Played } from './play';

/** What a candidate cost: bad events beyond what the incumbent would have had on the same trials. */
export interface Exposure {
  readonly guard: string;
  readonly candidate: { readonly n: number; readonly bad: number };
  readonly extra: number;
}

export function exposures({ state }: Played): readonly Exposure[] {
  return (state.plan?.guards ?? []).flatMap((plan, i): readonly Exposure[] => {
    const verdict = state.guards[i]?.verdict;
    return verdict === undefined || !countsHarm(plan) ? [] : exposureOf(plan, verdict);
  });
}

const countsHarm = ({ kind }: GuardPlan): boolean =>
  kind === 'errors' || kind === 'quality' || kind === 'business' || kind === 'goal';

function exposureOf({ name }: GuardPlan, { numbers }: Verdict): readonly Exposure[] {
  const { candidate, incumbent } = numbers;
  if (candidate.n === 0 || incumbent.n === 0) return [];
  return [{ guard: name, candidate, extra: candidate.bad - (candidate.n * incumbent.bad) / incumbent.n }];
}

/** What happened, the last verdicts, the exposure, and the outcome. */
export function simulationText(played: Played): readonly string[] {
  const { state } = played;
  const since = (atMs: number): string => `+${formatMinutes(atMs - state.startedAtMs)}`;
  const happened = state.log.map(({ atMs, text }) => [since(atMs), text]);
  const verdicts = (state.plan?.guards ?? []).flatMap((plan, i) => {
    const verdict = state.guards[i]?.verdict;
    return verdict === undefined ? [] : [[plan.name, verdict.kind, verdict.reason.replace(`${plan.name}: `, '')]];
  });
  return [
    ...table(['TIME', 'WHAT HAPPENED'], happened),
    '',
    ...batchLines(played, since),
    ...table(['GUARD', 'VERDICT', 'WHY'], verdicts),
    '',
    ...exposureLines(played),
    conclusion(played),
  ];
}

/** How a bandit split the requests, batch by batch, and how its race stands. */
function batchLines({ batches, state }: Played, since: (atMs: number) => string): readonly string[] {
  const [first] = batches;
  if (first === undefined) return [];
  const arms = Object.keys(first.sharesPct);
  const rows = batches
    .filter(({ winner }) => winner === null)
    .map(({ batch, atMs, sharesPct, rewards }) => [
      String(batch),
      since(atMs),
      ...arms.map((arm) => `${Number((sharesPct[arm] ?? 0).toFixed(2))} %`),
      arms
        .map((arm) => `${arm} ${formatCount(rewards[arm]?.sum ?? 0)} of ${formatCount(rewards[arm]?.n ?? 0)}`)
        .join(', '),
    ]);
  const standing = standingNow(state);
  const race = standing === null ? [] : [raceLine(standing)];
  return [...table(['BATCH', 'TIME', ...arms, 'REWARDS KNOWN'], rows), '', ...race, ''];
}

function raceLine(standing: Standing): string {
  return standing.kind === 'undecided'
    ? `The bandit has ${standing.reason}`
    : `The bandit's winner is ${standing.arm}: ${standing.reason}`;
}

function standingNow({ plan, bandit }: Played['state']): Standing | null {
  return plan === null || plan.bandit === null || bandit === null ? null : standingOf(plan.bandit, bandit.state);
}

function exposureLines(played: Played): readonly string[] {
  const { state } = played;
  const served = `${formatCount(candidateRequests(state))} candidate requests served, ${formatCount(incumbentRequests(state))} of the incumbent`;
  const extra = exposures(played).map(
    ({ guard, extra: more }) => `${guard}: ${formatNumber(more)} bad events beyond the incumbent's rate`
  );
  return [served, ...extra];
}

function conclusion({ state, cutShort, nowMs }: Played): string {
  if (cutShort === null) return outcomeSentence(resultOf(state));
  const why =
    cutShort === 'recordingEnded' ? 'where the recording ends' : 'past every deadline of the file, and only holds';
  return `Not decided after ${formatMinutes(nowMs - state.startedAtMs)}, ${why}: ${state.decision.reason}`;
}

export function simulationJson(played: Played): object {
  const { state, nowMs, cutShort, batches } = played;
  return {
    outcome: state.phase.kind === 'ended' ? state.phase.outcome : null,
    cutShort,
    tookMs: nowMs - state.startedAtMs,
    running: runningArms(state),
    candidateRequests: candidateRequests(state),
    incumbentRequests: incumbentRequests(state),
    exposures: exposures(played),
    decision: state.decision,
    bandit: batches.length === 0 ? null : { batches, standing: standingNow(state) },
    verdicts: Object.fromEntries(
      (state.plan?.guards ?? []).flatMap((plan, i) => {
        const verdict = state.guards[i]?.verdict;
        return verdict === undefined ? [] : [[plan.name, verdict] as const];
      })
    ),
    log: state.log,
  };
}

function formatMinutes(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return ms < 60_000
    ? `${Math.round(ms / 1_000)}s`
    : hours === 0
      ? `${rest}m`
      : `${hours}h${String(rest).padStart(2, '0')}m`;
}
