import type { MonitoringType } from '@aws-sdk/client-sagemaker';
import type { FaultBook } from './book';

type Kind =
  | 'Model'
  | 'EndpointConfig'
  | 'Endpoint'
  | 'ModelPackageGroup'
  | 'ModelPackage'
  | 'InferenceExperiment'
  | 'TransformJob'
  | 'ProcessingJob'
  | 'TrainingJob'
  | 'MonitoringSchedule'
  | `${MonitoringType}JobDefinition`;

/** Eventual consistency: for a while nobody finds what was just made. Creating it again is refused all the same. */
export class Visibility {
  readonly #hiddenUntilMs = new Map<string, number>();

  constructor(
    private readonly faults: FaultBook,
    private readonly clock: { elapsedMs(): number }
  ) {}

  created(kind: Kind, name: string): void {
    const site = { service: 'sagemaker', operation: `Create${kind}`, resource: name } as const;
    const struck = this.faults.strike(['hide'], site);
    if (struck) this.#hiddenUntilMs.set(keyOf(kind, name), this.clock.elapsedMs() + struck.fault.forProviderMs);
  }

  isHidden(kind: Kind, name: string): boolean {
    if (this.#hiddenUntilMs.size === 0) return false;
    const key = keyOf(kind, name);
    const untilMs = this.#hiddenUntilMs.get(key);
    if (untilMs === undefined) return false;
    if (this.clock.elapsedMs() < untilMs) return true;
    this.#hiddenUntilMs.delete(key);
    return false;
  }
}

function keyOf(kind: Kind, name: string): string {
  return `${kind}/${name.toLowerCase()}`;
}
