import { ANALYZED_KINDS, analyzerOf } from '../../monitors/registry';
import { optionsFor } from '../../rollout';
import type { Complaint } from '../../spec/problem';
import type { RolloutSpec } from '../../spec/types';

/** What the analyzers have against the options of a file's monitors, in the words of the file. */
export function monitorComplaints(spec: RolloutSpec): readonly Complaint[] {
  return (spec.monitors ?? []).flatMap((monitor, index) => {
    if (!ANALYZED_KINDS.includes(monitor.kind)) return [];
    const parsed = analyzerOf(monitor.kind).parseOptions(optionsFor(monitor, spec));
    if (!('problems' in parsed)) return [];
    return parsed.problems.map(({ option, what, remedy }): Complaint => {
      const path = ['monitors', index, 'options', ...option.split('.')];
      const given = Object.hasOwn(monitor.options, option) ? monitor.options[option] : undefined;
      return {
        path,
        about: given === undefined ? 'missing' : 'value',
        found: given === undefined ? 'nothing' : JSON.stringify(given),
        allowed: `what docs/monitors.md lists for ${monitor.kind}`,
        message: `${monitor.kind} cannot be asked so: ${option}: ${what}.`,
        remedy,
      };
    });
  });
}
