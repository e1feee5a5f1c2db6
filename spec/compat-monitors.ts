import { engineIncompatibilities } from './compat-engines';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import type { MonitorSpec } from './monitor-types';
import type { Incompatibility, Path } from './problem';
import { cadenceOf } from './cadence';
import type { RolloutSpec } from './types';

/** More windows than this are not looked at again in every run. */
const MOST_LATE_WINDOWS = 200;

/** Monitors among themselves and with the rest of the file. */
export function monitorIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const names = (spec.monitors ?? []).map(({ name }) => name);
  return (spec.monitors ?? []).flatMap((monitor, index) => {
    const path: Path = ['monitors', index];
    return [
      ...ofName(monitor, path, names.indexOf(monitor.name) !== index),
      ...ofWindow(monitor, path),
      ...ofConsequences(monitor, path, spec),
      ...engineIncompatibilities(monitor, path),
    ];
  });
}

function ofName({ name }: MonitorSpec, path: Path, isTaken: boolean): readonly Incompatibility[] {
  if (!isTaken) return [];
  return [
    refusal({
      path: [...path, 'name'],
      found: name,
      allowed: 'a name of its own',
      message: `Two monitors are named ${name}; reports and schedules go by the name.`,
      remedy: 'Give one of them another `name`.',
    }),
  ];
}

function ofWindow({ schedule, windowMs, lateMs }: MonitorSpec, path: Path): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  const cadenceMs = cadenceOf(schedule?.times);
  if (cadenceMs !== null && windowMs < cadenceMs)
    found.push(
      refusal({
        path: [...path, 'window'],
        found: formatDuration(windowMs),
        allowed: `${formatDuration(cadenceMs)} or more`,
        message: `It runs every ${formatDuration(cadenceMs)} and looks at ${formatDuration(windowMs)}: what comes between is never looked at.`,
        remedy: `Write \`window: ${formatDuration(cadenceMs)}\`, or remove it.`,
      })
    );
  if (lateMs / windowMs > MOST_LATE_WINDOWS)
    found.push(
      refusal({
        path: [...path, 'late'],
        found: formatDuration(lateMs),
        allowed: `at most ${MOST_LATE_WINDOWS} windows`,
        message: `${formatDuration(lateMs)} are ${Math.floor(lateMs / windowMs)} windows of ${formatDuration(windowMs)}, and every run would look at all of them again.`,
        remedy: `Write at most \`late: ${formatDuration(MOST_LATE_WINDOWS * windowMs)}\`, or a longer \`window\`.`,
      })
    );
  return found;
}

function ofConsequences({ onViolation }: MonitorSpec, path: Path, spec: RolloutSpec): readonly Incompatibility[] {
  const at = (word: string): { readonly path: Path; readonly found: string } => ({
    path: [...path, 'onViolation', onViolation.findIndex((one) => one === word)],
    found: word,
  });
  return onViolation.flatMap((word): readonly Incompatibility[] => {
    if (word === 'rollBack' && spec.watch === undefined)
      return [
        refusal({
          ...at(word),
          allowed: 'rollBack, with a `watch`',
          message: '`rollBack` is about the watch after a promotion, and the file has none.',
          remedy: 'Add for example `watch: { for: 3d }`, or remove `rollBack`.',
        }),
      ];
    if (word === 'retrain' && spec.retraining === undefined)
      return [
        refusal({
          ...at(word),
          allowed: 'retrain, with `retraining`',
          message: '`retrain` needs to know how a new model is made.',
          remedy: 'Add for example `retraining: { webhook: https://ci.example.org/train }`, or remove `retrain`.',
        }),
      ];
    return [];
  });
}
