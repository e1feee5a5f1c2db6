import type { ActivityDeps } from '../deps';

/** What batch activities need of the outside. */
export type BatchDeps = Pick<ActivityDeps, 'aws' | 'sleep' | 'heartbeat'>;
