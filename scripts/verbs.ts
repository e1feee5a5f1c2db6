import type { Verb } from './verb';
import { isRecord } from '../spec/is-record';

export interface VerbEntry {
  readonly name: string;
  /** Arguments, as the list of commands shows them. */
  readonly usage: string;
  readonly group: string;
  readonly summary: string;
}

const FILE = 'Rollout file:';
const ROLLOUT = 'Rollouts:';
const BATCH = 'Batch:';
const EVIDENCE = 'Evidence:';
const TRAFFIC = 'Traffic:';
const MACHINE = 'This machine:';

/** All verbs, in the order of the help. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: 'init',
    usage: '<endpoint>',
    group: FILE,
    summary: 'write a commented rollout file to begin with',
  },
  {
    name: 'validate',
    usage: '<file>',
    group: FILE,
    summary: 'check a rollout file; changes nothing',
  },
  {
    name: 'plan',
    usage: '<file>',
    group: FILE,
    summary: 'what a rollout would do, take and cost, and what is wrong with it',
  },
  {
    name: 'schema',
    usage: '',
    group: FILE,
    summary: 'print the JSON Schema of rollout files, for editors',
  },
  {
    name: 'deploy',
    usage: '<file>',
    group: ROLLOUT,
    summary: 'start the rollout that a file describes',
  },
  {
    name: 'adopt',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'let Sluice change an endpoint that it did not make',
  },
  {
    name: 'release',
    usage: '<file>',
    group: ROLLOUT,
    summary: 'roll out on several endpoints as one unit',
  },
  {
    name: 'status',
    usage: '[endpoint]',
    group: ROLLOUT,
    summary: 'what is served, at which share, why, and what happens next',
  },
  {
    name: 'watch',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'follow a rollout to its end',
  },
  {
    name: 'history',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'past rollouts: what came of them, why, and where the time went',
  },
  {
    name: 'report',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'write the card of a rollout: one page with the evidence, drawn',
  },
  {
    name: 'approve',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'let a rollout that waits for a person go on',
  },
  {
    name: 'reject',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'roll back a rollout that waits for a person',
  },
  {
    name: 'abort',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'stop a rollout and roll it back; always wins',
  },
  {
    name: 'revoke',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'take one’s own approval back',
  },
  {
    name: 'withdraw',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'take back a rollout that waits for its turn',
  },
  {
    name: 'rollback',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'bring the old model back, also after its promotion',
  },
  {
    name: 'pause',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'hold the traffic where it is',
  },
  {
    name: 'resume',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'go on after a pause',
  },
  {
    name: 'advance',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'go on to the next stage without waiting for evidence',
  },
  {
    name: 'promote',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'promote without waiting for evidence',
  },
  {
    name: 'settle',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'end the watch after a promotion',
  },
  {
    name: 'retry',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'try a failed step again, now',
  },
  {
    name: 'accept',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'end an incomplete rollback, leaving the endpoint as it is',
  },
  {
    name: 'retire',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'give an endpoint up: wait until nobody calls it, then delete all of it, in order',
  },
  {
    name: 'registry',
    usage: 'follow <group>',
    group: ROLLOUT,
    summary: 'start a rollout when a model package is approved',
  },
  {
    name: 'batch',
    usage: 'run|schedule|…',
    group: BATCH,
    summary: 'batch transforms, now and by schedule',
  },
  {
    name: 'guard',
    usage: 'replay <trace>',
    group: EVIDENCE,
    summary: 'judge a recorded trace by guards, without any server',
  },
  {
    name: 'simulate',
    usage: '<file>',
    group: EVIDENCE,
    summary: 'play a rollout file over a trace or a made-up world',
  },
  {
    name: 'evaluate',
    usage: '<file>',
    group: EVIDENCE,
    summary: 'what other shares would have earned, by the log of those that were',
  },
  {
    name: 'baseline',
    usage: '<data…>',
    group: EVIDENCE,
    summary: 'what data looks like, as statistics and constraints for later checks',
  },
  {
    name: 'check',
    usage: '<data…>',
    group: EVIDENCE,
    summary: 'judge data against a baseline, as the monitors do; without any server',
  },
  {
    name: 'monitor',
    usage: 'run|list|…',
    group: EVIDENCE,
    summary: 'what watches an endpoint: by schedule, or when asked',
  },
  {
    name: 'image',
    usage: 'build',
    group: EVIDENCE,
    summary: 'the container image of the monitors, for SageMaker Processing',
  },
  {
    name: 'gateway',
    usage: 'serve|check',
    group: TRAFFIC,
    summary: 'what applications call instead of the endpoint: sticky, counted',
  },
  {
    name: 'demo',
    usage: '',
    group: MACHINE,
    summary: 'see it all at work on this machine, in under three minutes',
  },
  {
    name: 'doctor',
    usage: '',
    group: MACHINE,
    summary: 'check what Sluice needs, and say how to get what is missing',
  },
  {
    name: 'dev',
    usage: '',
    group: MACHINE,
    summary: 'run Temporal, the SageMaker sandbox and a worker here',
  },
  {
    name: 'sandbox',
    usage: '',
    group: MACHINE,
    summary: 'run the SageMaker sandbox alone',
  },
  {
    name: 'worker',
    usage: '',
    group: MACHINE,
    summary: 'run a worker',
  },
  {
    name: 'codec',
    usage: '',
    group: MACHINE,
    summary: 'open encrypted payloads for Temporal’s UI',
  },
];

/**
 * Loads a verb from its own file, only when it is asked for: Temporal's client alone takes longer to load than `sluice --help` may take.
 * `verbs/deploy` exports `deployVerb`, and so on.
 */
export function loadVerb(name: string): Verb {
  // `import()` cannot leave out the extension, which is not the same in the sources and in dist/.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const loaded: unknown = require(`./verbs/${name}`);
  const verb = isRecord(loaded) ? loaded[`${name}Verb`] : undefined;
  if (!isVerb(verb)) throw new Error(`verbs/${name} exports no ${name}Verb`);
  return verb;
}

function isVerb(value: unknown): value is Verb {
  return isRecord(value) && typeof value['declare'] === 'function';
}
