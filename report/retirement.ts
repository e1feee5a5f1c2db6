import { RETIREMENT_STEPS } from '../rollout';
import type { RetirementState, RetirementStep } from '../rollout';
import { plain, plural, sentence } from './words';

const NOUN: Readonly<Record<Exclude<RetirementStep, 'drain'>, string>> = {
  schedules: 'schedule',
  scaling: 'scaled variant',
  alarms: 'alarm',
  endpoint: 'endpoint',
  configs: 'endpoint config',
  models: 'model',
};

const DOING: Readonly<Record<RetirementStep, string>> = {
  drain: 'waiting until nobody calls it',
  schedules: 'deleting its schedules',
  scaling: 'ending its scaling',
  alarms: 'deleting its alarms',
  endpoint: 'deleting the endpoint',
  configs: 'deleting its endpoint configs',
  models: 'deleting its models',
};

/** Where a retirement stands, as one line. */
export function retirementLine({ request, step, result }: RetirementState): string {
  if (result?.kind === 'retired') return `${request.endpoint} is retired.`;
  if (result !== null) return plain(result.why);
  return `${request.endpoint}: ${step === null ? 'about to begin' : DOING[step]} ...`;
}

/** What was deleted so far, a line a step, with the names. */
export function deletedLines({ deleted }: Pick<RetirementState, 'deleted'>): readonly string[] {
  return RETIREMENT_STEPS.flatMap((step) => {
    const names = deleted[step];
    if (step === 'drain' || names === undefined || names.length === 0) return [];
    return [`${plural(names.length, NOUN[step])}: ${names.join(', ')}`];
  });
}

/** A retirement on its page in the Temporal UI. */
export function retirementMarkdown(state: RetirementState): string {
  const { who, why } = state.request;
  const lines = deletedLines(state).map((line) => `- ${line}`);
  const by = `By ${plain(who)}: ${sentence(plain(why))} Captured data, reports and histories stay.`;
  return [`## ${retirementLine(state)}`, '', by, '', ...lines].join('\n');
}
