import type { RolloutState } from '../rollout';
import { isFirstDeployment } from './ladder';
import type { Mood } from './view';
import { percent } from './words';

/** What is going on, as one line: which model, over which, where, and what is done about it right now. */
export function headlineOf(state: RolloutState): string {
  const { phase } = state;
  if (isAborting(state))
    return `Aborting ${state.spec.candidates[0].name} on ${state.spec.endpoint}: nothing goes forward any more`;
  const endpoint = state.spec.endpoint;
  const candidate = state.spec.candidates[0].name;
  switch (phase.kind) {
    case 'rollingBack':
      return `Rolling back ${candidate} on ${endpoint}: ${wayBack(state)}`;
    case 'rollbackIncomplete':
      return `ROLLBACK INCOMPLETE on ${endpoint}: attempt ${phase.attempt} to withdraw ${candidate} failed, trying on`;
    case 'cleaning':
      return phase.outcome.kind === 'promoted'
        ? `Promoted ${candidate} on ${endpoint}: cleaning up`
        : `Withdrew ${candidate} from ${endpoint}: cleaning up`;
    case 'ended':
      return `${ENDED[phase.outcome.kind]}: ${candidate} on ${endpoint}`;
    default:
      return `${opening(state)}: ${doing(state)}`;
  }
}

/** True between the acceptance of an abort and the moment it turns back: AWS is still busy with a change that cannot be interrupted. */
export function isAborting({ abort, phase }: RolloutState): boolean {
  return abort !== null && ['creating', 'deploying', 'shifting', 'promoting', 'finalising'].includes(phase.kind);
}

/** How much the rollout wants to be looked at. */
export function moodOf(state: RolloutState): Mood {
  const { phase } = state;
  if (isAborting(state)) return 'turned';
  switch (phase.kind) {
    case 'approving':
      return 'waiting';
    case 'rollingBack':
      return 'turned';
    case 'rollbackIncomplete':
      return 'alarm';
    case 'finalising':
      return phase.attempt > 0 ? 'alarm' : 'working';
    case 'cleaning':
    case 'ended':
      return phase.outcome.kind === 'promoted' ? 'good' : 'turned';
    default:
      return 'working';
  }
}

const ENDED = {
  promoted: 'Promoted',
  rolledBack: 'Rolled back',
  rejected: 'Rejected',
  undecided: 'Withdrawn, undecided',
} as const;

function opening(state: RolloutState): string {
  const candidate = state.spec.candidates[0].name;
  if (isFirstDeployment(state)) return `Deploying ${candidate} as the first model of ${state.spec.endpoint}`;
  const over = state.incumbent === null ? '' : ` over ${state.incumbent.variant}`;
  return `Rolling out ${candidate}${over} on ${state.spec.endpoint}`;
}

function wayBack(state: RolloutState): string {
  return state.incumbent === null
    ? 'removing the endpoint that it made'
    : `${state.incumbent.variant} takes all traffic again`;
}

function doing(state: RolloutState): string {
  const { phase } = state;
  switch (phase.kind) {
    case 'reading':
      return 'reading the endpoint';
    case 'planning':
      return state.incumbent === null ? 'fixing the plan' : `measuring ${state.incumbent.variant} and fixing the plan`;
    case 'creating':
      return 'creating the endpoint';
    case 'deploying':
      return 'starting it beside the incumbent, without traffic';
    case 'shifting':
      return `shifting ${percent(phase.sharePct)} to it`;
    case 'baking':
      return `holding ${percent(state.sharePct)}`;
    case 'approving':
      return `waiting for approval at ${percent(state.sharePct)}`;
    case 'promoting':
      return 'moving all traffic to it';
    case 'finalising':
      return phase.attempt === 0
        ? 'promoted, finishing the endpoint'
        : `promoted, but finishing the endpoint failed ${phase.attempt} times, trying on`;
    default:
      return phase.kind;
  }
}
