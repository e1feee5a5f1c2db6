import { monitoringTimes } from './cadence';
import { refusal } from './compat-words';
import type { MonitorKindName, MonitorSpec } from './monitor-types';
import type { Incompatibility, Path } from './problem';

/** What SageMaker's images are asked to do here, and which of the monitor's options they take; the rest stands in `constraints.json`. */
const CLARIFY = ['version', 'headers', 'label', 'predicted_label', 'excluded_columns', 'methods', 'features'];
const MODEL_MONITOR: Readonly<Partial<Record<MonitorKindName, readonly string[]>>> = {
  dataQuality: ['exclude'],
  modelQuality: ['problem', 'prediction', 'probability', 'probabilityThreshold', 'positiveLabel', 'label'],
  bias: [
    ...CLARIFY,
    ...['label_values_or_threshold', 'facet', 'group_variable', 'probability', 'probability_threshold'],
  ],
  attribution: [...CLARIFY, 'predictor'],
};

/** A monitor and who computes it. */
export function engineIncompatibilities(monitor: MonitorSpec, path: Path): readonly Incompatibility[] {
  switch (monitor.engine) {
    case 'worker':
      return ofForeignSchedule(monitor, path);
    case 'processing':
      return [...ofForeignSchedule(monitor, path), ...ofProcessing(monitor, path)];
    case 'modelMonitor':
      return ofModelMonitor(monitor, path);
  }
}

function ofProcessing({ engine, kind, image }: MonitorSpec, path: Path): readonly Incompatibility[] {
  if (kind === 'system')
    return [
      refusal({
        path: [...path, 'engine'],
        restsOn: [[...path, 'kind']],
        found: engine,
        allowed: 'worker',
        message: "`system` reads the endpoint's own numbers, of which a Processing job sees none.",
        remedy: 'Write `engine: worker`.',
      }),
    ];
  if (image !== undefined) return [];
  return [
    refusal({
      path: [...path, 'image'],
      about: 'missing',
      restsOn: [[...path, 'engine']],
      found: 'nothing',
      allowed: 'the image of the analyzer',
      message: '`engine: processing` runs the image of the analyzer, and none is named.',
      remedy: 'Add `image: …` (`sluice image build` makes it), or write `engine: worker`.',
    }),
  ];
}

function ofModelMonitor(monitor: MonitorSpec, path: Path): readonly Incompatibility[] {
  const { engine, kind, instance, columns, options } = monitor;
  const takes = MODEL_MONITOR[kind];
  if (takes === undefined)
    return [
      refusal({
        path: [...path, 'engine'],
        restsOn: [[...path, 'kind']],
        found: engine,
        allowed: 'worker or processing',
        message: `\`engine: modelMonitor\` does ${Object.keys(MODEL_MONITOR).join(', ')}, not ${kind}.`,
        remedy: 'Write `engine: worker`.',
      }),
    ];
  const found: Incompatibility[] = [...ofSchedule(monitor, path)];
  if (columns !== undefined)
    found.push(
      refusal({
        path: [...path, 'columns'],
        restsOn: [[...path, 'engine']],
        found: 'columns',
        allowed: 'no columns',
        message: "SageMaker's images find columns themselves: CSV by position, flat JSON by name.",
        remedy: 'Remove `columns`, or write `engine: worker`.',
      })
    );
  if (instance.count > 1)
    found.push(
      refusal({
        path: [...path, 'instance', 'count'],
        restsOn: [[...path, 'engine']],
        found: String(instance.count),
        allowed: '1',
        message: 'A job of `engine: modelMonitor` has one instance.',
        remedy: 'Remove `count`, or write `engine: processing`.',
      })
    );
  for (const option of Object.keys(options).filter((name) => !takes.includes(name)))
    found.push(
      refusal({
        path: [...path, 'options', option],
        restsOn: [[...path, 'engine']],
        found: option,
        allowed: takes.join(', '),
        message: `SageMaker's image knows no \`${option}\`: its thresholds stand in the baseline's constraints.json.`,
        remedy: `Remove \`${option}\`, or write \`engine: worker\`.`,
      })
    );
  return found;
}

function ofForeignSchedule({ monitoringSchedule, engine }: MonitorSpec, path: Path): readonly Incompatibility[] {
  if (monitoringSchedule !== true) return [];
  return [
    refusal({
      path: [...path, 'monitoringSchedule'],
      restsOn: [[...path, 'engine']],
      found: 'true',
      allowed: 'true, with `engine: modelMonitor`',
      message: `SageMaker's monitoring schedules run Model Monitor's images, not \`engine: ${engine}\`.`,
      remedy: 'Remove `monitoringSchedule`: Temporal runs the monitor by `schedule`.',
    }),
  ];
}

/** SageMaker's schedules run on the full hour, and look at what has come since they ran last. */
function ofSchedule({ monitoringSchedule, schedule, windowMs }: MonitorSpec, path: Path): readonly Incompatibility[] {
  if (monitoringSchedule !== true) return [];
  const times = monitoringTimes(schedule);
  if (times !== null && times.everyMs === windowMs) return [];
  return [
    refusal({
      path: [...path, 'monitoringSchedule'],
      restsOn: [
        [...path, 'schedule'],
        [...path, 'window'],
      ],
      found: 'true',
      allowed: 'a schedule on the full hour in UTC, of 1, 2, 3, 4, 6, 8, 12 or 24 hours, with a window as long',
      message: "SageMaker's monitoring schedules know no such times, or no such window.",
      remedy: 'Write `schedule: hourly` or `daily` without `window`, or remove `monitoringSchedule`.',
    }),
  ];
}
