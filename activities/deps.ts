import type { PriceTable } from '../report/price-table';
import type { AwsClients } from '../sagemaker/clients';
import type { ObjectReader } from './evidence/objects';

/** What activities need of the outside. Tests pass clients of a sandbox and a clock of their own. */
export interface ActivityDeps {
  readonly aws: AwsClients;
  readonly objects: ObjectReader;
  readonly prices: PriceTable;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; rejects when the activity is cancelled. */
  sleep(ms: number): Promise<void>;
  /** Tells Temporal that the activity lives. */
  heartbeat(details?: unknown): void;
}
