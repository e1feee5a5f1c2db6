import path from 'node:path';
import type { SettableClock } from '../engine/clock';
import { realDelayMs } from '../engine/clock';
import type { Journal } from '../engine/journal';
import type { Jobs } from '../jobs';
import type { MetricSink } from '../ports';
import type { EndpointRegistry } from '../sagemaker/endpoint-registry';
import { liveInstances } from './live-instances';
import { tidyLogs } from './log-files';
import { ResourceUse } from './resource-use';

/** SageMaker measures instances once a minute; sped up with the clock, but not more often than this in real time. */
const MEASURE_PROVIDER_MS = 60_000;
const MIN_MEASURE_MS = 10_000;

export interface Watch {
  /** Measures now, beside the regular times. */
  measure(): void;
  close(): void;
}

/** Looks at the running containers from time to time: publishes what they use, and keeps their logs bounded. */
export function watchContainers(of: {
  readonly registry: EndpointRegistry;
  readonly jobs: Jobs;
  readonly sink: MetricSink;
  readonly clock: SettableClock;
  readonly journal: Journal;
  readonly dataDir: string;
  readonly onInternalError: (error: unknown, where: string) => void;
}): Watch {
  const { registry, jobs, clock, dataDir } = of;
  const use = new ResourceUse(of);
  if (!use.isAvailable)
    of.journal.record({
      kind: 'metrics',
      resource: '/aws/sagemaker/Endpoints',
      to: 'not published',
      reason: 'This system has no /proc: CPUUtilization, MemoryUtilization and DiskUtilization are missing.',
    });
  const guarded = (act: () => void, where: string): void => {
    try {
      act();
    } catch (error) {
      of.onInternalError(error, where);
    }
  };
  const measure = (): void => guarded(() => use.measure(liveInstances(registry, jobs)), 'resource use');
  let timer: NodeJS.Timeout | undefined;
  const later = (): void => {
    const delayMs = realDelayMs({ providerMs: MEASURE_PROVIDER_MS, speed: clock.speed, floorMs: MIN_MEASURE_MS });
    timer = setTimeout(look, Math.min(delayMs, MEASURE_PROVIDER_MS)).unref();
  };
  const look = (): void => {
    measure();
    const live = new Set(liveInstances(registry, jobs).flatMap(({ logFiles }) => logFiles));
    guarded(() => tidyLogs(path.join(dataDir, 'logs'), live), 'logs');
    later();
  };
  later();
  return { measure, close: () => clearTimeout(timer) };
}
