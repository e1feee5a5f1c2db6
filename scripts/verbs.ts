import type { Verb } from './verb';

export interface VerbEntry {
  readonly name: string;
  /** Arguments, as the list of commands shows them. */
  readonly usage: string;
  readonly group: string;
  readonly summary: string;
  /** Loads the verb's own file: Temporal's client alone takes longer to load than `sluice --help` may take. */
  load(): Verb;
}

const FILE = 'Rollout file:';
const ROLLOUT = 'Rollouts:';
const MACHINE = 'This machine:';

/* eslint-disable @typescript-eslint/no-require-imports -- `import()` would be asynchronous and, in CommonJS, cannot leave out the extension. */
/** All verbs, in the order of the help. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: 'validate',
    usage: '<file>',
    group: FILE,
    summary: 'check a rollout file; changes nothing',
    load: () => (require('./verbs/validate') as typeof import('./verbs/validate')).validateVerb,
  },
  {
    name: 'schema',
    usage: '',
    group: FILE,
    summary: 'print the JSON Schema of rollout files, for editors',
    load: () => (require('./verbs/schema') as typeof import('./verbs/schema')).schemaVerb,
  },
  {
    name: 'deploy',
    usage: '<file>',
    group: ROLLOUT,
    summary: 'start the rollout that a file describes',
    load: () => (require('./verbs/deploy') as typeof import('./verbs/deploy')).deployVerb,
  },
  {
    name: 'status',
    usage: '[endpoint]',
    group: ROLLOUT,
    summary: 'what is served, at which share, why, and what happens next',
    load: () => (require('./verbs/status') as typeof import('./verbs/status')).statusVerb,
  },
  {
    name: 'watch',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'follow a rollout to its end',
    load: () => (require('./verbs/watch') as typeof import('./verbs/watch')).watchVerb,
  },
  {
    name: 'approve',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'let a rollout that waits for a person go on',
    load: () => (require('./verbs/approve') as typeof import('./verbs/approve')).approveVerb,
  },
  {
    name: 'reject',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'roll back a rollout that waits for a person',
    load: () => (require('./verbs/reject') as typeof import('./verbs/reject')).rejectVerb,
  },
  {
    name: 'abort',
    usage: '<endpoint>',
    group: ROLLOUT,
    summary: 'stop a rollout and roll it back; always wins',
    load: () => (require('./verbs/abort') as typeof import('./verbs/abort')).abortVerb,
  },
  {
    name: 'demo',
    usage: '',
    group: MACHINE,
    summary: 'see it all at work on this machine, in under three minutes',
    load: () => (require('./verbs/demo') as typeof import('./verbs/demo')).demoVerb,
  },
  {
    name: 'doctor',
    usage: '',
    group: MACHINE,
    summary: 'check what Sluice needs, and say how to get what is missing',
    load: () => (require('./verbs/doctor') as typeof import('./verbs/doctor')).doctorVerb,
  },
  {
    name: 'dev',
    usage: '',
    group: MACHINE,
    summary: 'run Temporal, the SageMaker sandbox and a worker here',
    load: () => (require('./verbs/dev') as typeof import('./verbs/dev')).devVerb,
  },
  {
    name: 'sandbox',
    usage: '',
    group: MACHINE,
    summary: 'run the SageMaker sandbox alone',
    load: () => (require('./verbs/sandbox') as typeof import('./verbs/sandbox')).sandboxVerb,
  },
  {
    name: 'worker',
    usage: '',
    group: MACHINE,
    summary: 'run a worker',
    load: () => (require('./verbs/worker') as typeof import('./verbs/worker')).workerVerb,
  },
];
/* eslint-enable @typescript-eslint/no-require-imports */
