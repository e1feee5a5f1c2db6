import type { SettableClock } from '../engine/clock';
import type { Knobs } from '../knobs/knobs';
import type { Reword } from '../knobs/reword';
import type { FaultBook } from '../faults/book';
import type { EndpointActor } from '../sagemaker/endpoint-actor';
import type { AsyncQueue } from './async/queue';
import type { DataCapture } from './capture';
import type { InvocationMetrics } from './metrics';
import type { Shadowing } from './shadow';

/** What the operations of the runtime need of the sandbox around them. */
export interface RuntimeContext {
  readonly serving: (endpointName: string) => EndpointActor | undefined;
  readonly accountId: string;
  readonly region: string;
  readonly clock: SettableClock;
  readonly capture: DataCapture;
  readonly metrics: InvocationMetrics;
  readonly shadowing: Shadowing;
  readonly faults: FaultBook;
  readonly asynchronous: AsyncQueue;
  readonly knobs: Knobs;
  readonly reword: Reword;
}
