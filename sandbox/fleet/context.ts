import type { FaultBook } from '../faults/book';
import type { Journal } from '../engine/journal';
import type { RandomStream } from '../engine/random';
import type { Knobs } from '../knobs/knobs';
import type { ObjectStore } from '../ports';
import type { EngineImage, ImageMap } from './images';

/** What fleets need of the sandbox around them. */
export interface FleetContext {
  readonly images: ImageMap;
  /** Runs the images that the map does not know. */
  readonly engine?: EngineImage['engine'];
  readonly knobs: Knobs;
  readonly objects: ObjectStore;
  readonly journal: Journal;
  readonly region: string;
  readonly accountId: string;
  /** What a program needs to call this sandbox by an AWS SDK; resolves once it listens. */
  readonly awsEnvironment: () => Promise<Readonly<Record<string, string>>>;
  /** Holds `fleets/` (removed at each start) and `logs/`. */
  readonly dataDir: string;
  /** How fast provider time passes now. */
  readonly speed: () => number;
  /** Waits in provider time. */
  readonly wait: (providerMs: number, signal?: AbortSignal) => Promise<void>;
  readonly faults: FaultBook;
  readonly random: (purpose: string) => RandomStream;
  /** Floor, in real time, of the window in which a container must answer its first ping. */
  readonly minStartupWindowMs: number;
}
