import { analyzerOf } from '../../monitors/registry';
import { parseSystemOptions } from '../../monitors/system/options';
import type { Json, OptionProblem } from '../../monitors/types';
import { optionsFor } from '../../rollout';
import type { MonitorKindName } from '../../spec/monitor-types';
import type { Complaint } from '../../spec/problem';
import type { RolloutSpec } from '../../spec/types';

/** `dataQuality` → `docs/monitors/data-quality.md` */
export function pageOf(kind: MonitorKindName): string {
  return `docs/monitors/${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.md`;
}

type OptionsParser = (
  raw: Readonly<Record<string, Json>>
) => { readonly options: unknown } | { readonly problems: readonly OptionProblem[] };

/** What reads the options of a kind. */
export function optionsParser(kind: MonitorKindName): OptionsParser {
  return kind === 'system' ? parseSystemOptions : (raw) => analyzerOf(kind).parseOptions(raw);
}

/** What the analyzers have against the options of a file's monitors, in the words of the file. */
export function monitorComplaints(spec: RolloutSpec): readonly Complaint[] {
  return (spec.monitors ?? []).flatMap((monitor, index) => {
    const parsed = optionsParser(monitor.kind)(optionsFor(monitor, spec));
    if (!('problems' in parsed)) return [];
    return parsed.problems.map(({ option, what, remedy }): Complaint => {
      const path = ['monitors', index, 'options', ...option.split('.')];
      const given = Object.hasOwn(monitor.options, option) ? monitor.options[option] : undefined;
      return {
        path,
        about: given === undefined ? 'missing' : 'value',
        found: given === undefined ? 'nothing' : JSON.stringify(given),
        allowed: `what ${pageOf(monitor.kind)} lists`,
        message: `${monitor.kind} cannot be asked so: ${option}: ${what}.`,
        remedy,
      };
    });
  });
}
