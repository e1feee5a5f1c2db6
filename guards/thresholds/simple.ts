import type { GuardJudge } from '../guard-judge';
import { noTrials, numbersOf } from '../numbers';
import { countProblem, unusable } from '../sanity';
import type { Verdict } from '../types';
import { formatNumber } from '../wording';
import { addOutcome, describeTally, startTally, tallyKind, tallyProgress } from './tally';
import type { Outcome, TallyPlan } from './tally';
import type {
  AlarmEvidence,
  AlarmPlan,
  TallyState,
  ThresholdPlan,
  ValueEvidence,
  WebhookEvidence,
  WebhookPlan,
} from './types';

/** What one tick's evidence amounts to. */
interface Seen {
  readonly outcome: Outcome;
  readonly value: number | null;
  readonly words: string;
}

export const thresholdJudge: GuardJudge<ThresholdPlan, TallyState, ValueEvidence> = {
  ...tallied(),
  isEvidence: (evidence): evidence is ValueEvidence => evidence.kind === 'value',
  problem: (_plan, { key, value }) =>
    value === null || Number.isFinite(value) ? null : unusable(key, `the value is ${value}, not a number`),
  count: (plan, state, { key, value }) => {
    const bad = value !== null && ('above' in plan.limit ? value > plan.limit.above : value < plan.limit.below);
    const outcome = value === null ? 'missing' : bad ? 'bad' : 'good';
    return counted(plan, state, { key, outcome, value, words: value === null ? 'no data' : formatNumber(value) });
  },
  verdict: (plan, state) => {
    const { limit } = plan;
    const rule = 'above' in limit ? `at most ${formatNumber(limit.above)}` : `at least ${formatNumber(limit.below)}`;
    return tallyVerdict(plan, state, `${plan.metric} ${state.seen ?? 'not seen'} (limit ${rule})`);
  },
};

/**
 * An alarm that says OK although its metric has no data proves nothing, and one that says ALARM for the same reason accuses
 * nobody: both count as missing. Where nobody counted the data, OK of an alarm that takes missing data for good does too.
 */
export const alarmJudge: GuardJudge<AlarmPlan, TallyState, AlarmEvidence> = {
  ...tallied(),
  isEvidence: (evidence): evidence is AlarmEvidence => evidence.kind === 'alarm',
  problem: (_plan, { key, dataPoints }) => {
    const problem = dataPoints === null ? null : countProblem('dataPoints', dataPoints);
    return problem === null ? null : unusable(key, problem);
  },
  count: (plan, state, { key, state: alarm, dataPoints }) => {
    const doubtful = dataPoints === null && (plan.missingData === 'notBreaching' || plan.missingData === 'ignore');
    const missing = alarm === 'INSUFFICIENT_DATA' || dataPoints === 0 || (alarm === 'OK' && doubtful);
    const outcome = missing ? 'missing' : alarm === 'ALARM' ? 'bad' : 'good';
    const words = missing && alarm !== 'INSUFFICIENT_DATA' ? `${alarm}, but on no known data` : alarm;
    return counted(plan, state, { key, outcome, value: null, words });
  },
  verdict: (plan, state) => tallyVerdict(plan, state, `alarm ${plan.alarm} is ${state.seen ?? 'not seen'}`),
};

export const webhookJudge: GuardJudge<WebhookPlan, TallyState, WebhookEvidence> = {
  ...tallied(),
  isEvidence: (evidence): evidence is WebhookEvidence => evidence.kind === 'webhook',
  problem: () => null,
  count: (plan, state, { key, answer, said }) => {
    const words = said === null || said === '' ? answer : `${answer}: ${said.slice(0, 200)}`;
    return counted(plan, state, { key, outcome: OF_ANSWER[answer], value: null, words });
  },
  verdict: (plan, state) => tallyVerdict(plan, state, `${plan.url} said ${state.seen ?? 'nothing yet'}`),
};

const OF_ANSWER: Readonly<Record<WebhookEvidence['answer'], Outcome>> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'missing',
  timeout: 'broken',
  unreachable: 'broken',
  invalid: 'broken',
};

function tallied(): Pick<GuardJudge<TallyPlan, TallyState, never>, 'isState' | 'start'> {
  return {
    isState: (state): state is TallyState => state.kind === 'tally',
    start: () => ({ kind: 'tally', version: 1, lastKey: null, ticks: 0, tally: startTally, value: null, seen: null }),
  };
}

function counted(plan: TallyPlan, state: TallyState, seen: Seen & { readonly key: string }): TallyState {
  return {
    ...state,
    lastKey: seen.key,
    ticks: state.ticks + 1,
    tally: addOutcome(plan, state.tally, seen.outcome),
    value: seen.value,
    seen: seen.words,
  };
}

function tallyVerdict(plan: TallyPlan, state: TallyState, finding: string): Verdict {
  const verdict = tallyKind(plan, state.tally);
  const numbers = numbersOf({
    ticks: state.ticks,
    candidate: noTrials,
    incumbent: noTrials,
    estimate: { what: 'last value', value: state.value, interval: [null, null] },
    ...tallyProgress(plan, state.tally),
  });
  return { ...verdict, reason: `${plan.name}: ${finding}; ${describeTally(plan, state.tally, verdict.kind)}`, numbers };
}
