import { armNames, deploymentText, layoutText, leaderOf, sharesText } from '../rollout';
import type { RolloutState } from '../rollout';
import { isFirstDeployment } from './ladder';
import type { Mood } from './view';

/** What is going on, as one line: which model, over which, where, and what is done about it right now. */
export function headlineOf(state: RolloutState): string {
  const { phase } = state;
  if (isAborting(state)) return `Aborting ${armNames(state)} on ${state.spec.endpoint}: nothing goes forward any more`;
  const endpoint = state.spec.endpoint;
  const candidate = phase.kind === 'cleaning' || phase.kind === 'ended' ? leaderOf(state) : armNames(state);
  switch (phase.kind) {
    case 'assessing':
      return `Turning back from ${candidate} on ${endpoint}: is ${state.incumbent?.version ?? 'the incumbent'} healthy?`;
    case 'stranded':
      return `NOT ROLLED BACK on ${endpoint}: ${phase.sides.incumbent.variant} is unhealthy, ${phase.sides.candidate.variant} serves better`;
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
  return (
    abort !== null &&
    ['creating', 'deploying', 'warming', 'shifting', 'guarded', 'promoting', 'finalising'].includes(phase.kind)
  );
}

/** How much the rollout wants to be looked at. */
export function moodOf(state: RolloutState): Mood {
  const { phase } = state;
  if (isAborting(state)) return 'turned';
  if (state.paused !== null && phase.kind !== 'ended') return 'waiting';
  switch (phase.kind) {
    case 'approving':
      return 'waiting';
    case 'assessing':
    case 'rollingBack':
      return 'turned';
    case 'stranded':
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

const DEPLOYING = {
  split: 'starting it beside the incumbent, without traffic',
  shadowed: 'starting it as a shadow of the incumbent',
  sliced: 'starting the incumbent a second time',
} as const;

function opening(state: RolloutState): string {
  const candidate = armNames(state);
  if (isFirstDeployment(state)) return `Deploying ${candidate} as the first model of ${state.spec.endpoint}`;
  const over = state.incumbent === null ? '' : ` over ${state.incumbent.version}`;
  return `Rolling out ${candidate}${over} on ${state.spec.endpoint}`;
}

function wayBack(state: RolloutState): string {
  return state.incumbent === null
    ? 'removing the endpoint that it made'
    : `${state.incumbent.version} takes all traffic again`;
}

function doing(state: RolloutState): string {
  const { phase } = state;
  if (state.paused !== null) return `paused by ${state.paused.who}, holding ${layoutText(state.layout)}`;
  switch (phase.kind) {
    case 'reading':
      return 'reading the endpoint';
    case 'planning':
      return state.incumbent === null ? 'fixing the plan' : `measuring ${state.incumbent.version} and fixing the plan`;
    case 'creating':
      return 'creating the endpoint';
    case 'deploying':
      return DEPLOYING[phase.to];
    case 'calibrating':
      return `comparing ${state.incumbent?.version ?? 'the incumbent'} with itself`;
    case 'warming':
      return 'warming it up';
    case 'shifting':
      return `shifting ${sharesText(phase.sharesPct)}`;
    case 'baking':
      return `holding ${layoutText(state.layout)}`;
    case 'approving':
      return `waiting for approval at ${layoutText(state.layout)}`;
    case 'guarded':
      return `SageMaker ${deploymentText(state)}`;
    case 'promoting':
      return `moving the traffic to ${phase.winner}`;
    case 'watching':
      return `promoted, watching ${phase.winner}`;
    case 'finalising':
      return phase.attempt === 0
        ? 'promoted, finishing the endpoint'
        : `promoted, but finishing the endpoint failed ${phase.attempt} times, trying on`;
    default:
      return phase.kind;
  }
}
