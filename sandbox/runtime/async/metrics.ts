import type { MetricSink } from '../../ports';

const NAMESPACE = 'AWS/SageMaker';

/** What is to be done for one endpoint, as its gauges tell it. */
export interface Backlog {
  readonly endpointName: string;
  /** Waiting and under way. */
  readonly size: number;
  readonly instances: number;
  /** Since when the oldest waits, by the clock's timestamps. */
  readonly oldestMs?: number;
}

/** The metrics of asynchronous endpoints, in AWS's names and units. */
export class AsyncMetrics {
  constructor(
    private readonly sink: MetricSink,
    private readonly clock: { now(): number }
  ) {}

  /** Of an endpoint as a whole; told regularly, also when nothing waits, so that a scaled endpoint can scale in. */
  backlog({ endpointName, size, instances, oldestMs }: Backlog): void {
    const put = (name: string, value: number, unit: string) =>
      this.#put({ EndpointName: endpointName }, { name, value, unit });
    put('ApproximateBacklogSize', size, 'Count');
    if (instances > 0) put('ApproximateBacklogSizePerInstance', size / instances, 'Count');
    put('HasBacklogWithoutCapacity', size > 0 && instances === 0 ? 1 : 0, 'Count');
    if (oldestMs !== undefined)
      put('ApproximateAgeOfOldestRequest', Math.max(0, this.clock.now() - oldestMs) / 1000, 'Seconds');
  }

  /** Of one variant: a count, or a time in milliseconds where it is measured in them and in microseconds otherwise. */
  variant(
    at: { readonly endpointName: string; readonly variantName: string },
    datum:
      | {
          readonly name:
            | 'ExpiredRequests'
            | 'InvocationFailures'
            | 'InvocationsProcessed'
            | 'NotificationFailures'
            | 'RequestDownloadFailures'
            | 'ResponseUploadFailures';
        }
      | { readonly name: 'RequestDownloadLatency' | 'ResponseUploadLatency'; readonly ms: number }
      | { readonly name: 'TimeInBacklog' | 'TotalProcessingTime'; readonly ms: number }
  ): void {
    const dimensions = { EndpointName: at.endpointName, VariantName: at.variantName };
    switch (datum.name) {
      case 'RequestDownloadLatency':
      case 'ResponseUploadLatency':
        return this.#put(dimensions, { name: datum.name, value: Math.round(datum.ms * 1000), unit: 'Microseconds' });
      case 'TimeInBacklog':
      case 'TotalProcessingTime':
        return this.#put(dimensions, { name: datum.name, value: Math.round(datum.ms), unit: 'Milliseconds' });
      default:
        return this.#put(dimensions, { name: datum.name, value: 1, unit: 'Count' });
    }
  }

  #put(
    dimensions: Readonly<Record<string, string>>,
    datum: { readonly name: string; readonly value: number; readonly unit: string }
  ): void {
    this.sink.put({ namespace: NAMESPACE, dimensions, ...datum, atMs: this.clock.now() });
  }
}
