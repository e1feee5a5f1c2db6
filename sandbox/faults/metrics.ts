import type { SettableClock } from '../engine/clock';
import { globMatches } from '../engine/glob';
import type { MetricSink } from '../ports';
import type { FaultBook } from './book';

/** Passes the sandbox's own metrics on, late or not at all where a rule says so. A late one keeps its timestamp. */
export function faultyMetrics(sink: MetricSink, faults: FaultBook, clock: SettableClock): MetricSink {
  return {
    put: (datum) => {
      if (faults.isEmpty) return sink.put(datum);
      const { EndpointName: resource, VariantName: variant } = datum.dimensions;
      if (resource === undefined) return sink.put(datum);
      const site = { service: 'runtime', operation: 'InvokeEndpoint', resource } as const;
      const struck = faults.strike(
        ['lostMetrics', 'lateMetrics'],
        variant === undefined ? site : { ...site, variant },
        (fault) => fault.metric === undefined || globMatches(fault.metric, datum.name)
      );
      if (!struck) return sink.put(datum);
      if (struck.fault.fault === 'lostMetrics') return;
      // What is still held when the sandbox stops is lost with it.
      void clock.wait(struck.fault.byProviderMs).then(
        () => sink.put(datum),
        () => undefined
      );
    },
  };
}
