import { engineIncompatibilities } from './compat-engines';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import type { MonitorSpec } from './monitor-types';
import type { Incompatibility, Path } from './problem';
import { cadenceOf } from './cadence';
import { MOST_LATE_WINDOWS, ripeningOf } from './ripening';
import type { RolloutSpec } from './types';

/** Monitors among themselves and with the rest of the file. */
export function monitorIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const names = (spec.monitors ?? []).map(({ name }) => name);
  return (spec.monitors ?? []).flatMap((monitor, index) => {
    const path: Path = ['monitors', index];
    return [
      ...ofName(monitor, path, names.indexOf(monitor.name) !== index),
      ...ofWindow(monitor, path),
      ...ofRipening(monitor, path, spec),
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

/** A verdict on what is not there yet, and that nobody looks at again, is about nothing. */
function ofRipening(monitor: MonitorSpec, path: Path, { groundTruth }: RolloutSpec): readonly Incompatibility[] {
  const { windowMs, lagMs, lateMs } = monitor;
  const ripening = ripeningOf(monitor, groundTruth);
  if (ripening === null || lagMs >= ripening.ms) return [];
  const [lag, ripe] = [formatDuration(lagMs), formatDuration(ripening.ms)];
  if (ripening.what === 'events')
    return [
      refusal({
        path: [...path, 'lag'],
        found: lag,
        allowed: `${ripe} or more`,
        message: `Windows are judged ${lag} after their end, but calls are decided only after ${ripe}: \`withinMs\`, and a minute in which events are written. Bets over all windows would never hear of the others.`,
        remedy: `Write \`lag: ${ripe}\`, remove it, or give the monitor a shorter \`withinMs\`.`,
        restsOn: [[...path, 'options', 'withinMs']],
      }),
    ];
  const leastMs = ripening.ms + windowMs;
  if (lateMs + lagMs >= leastMs) return [];
  const isTooMany = leastMs > MOST_LATE_WINDOWS * windowMs;
  return [
    refusal({
      path: [...path, 'late'],
      found: formatDuration(lateMs),
      allowed: isTooMany ? 'labels that ripen sooner, or a longer window' : `${formatDuration(leastMs)} or more`,
      message: `Windows are judged ${lag} after their end and looked at again for ${formatDuration(lateMs)}, but labels ripen only after ${ripe}: no verdict would rest on them.`,
      remedy: `Write \`lag: ${ripe}\`${isTooMany ? ', or a longer `window`' : `, or \`late: ${formatDuration(leastMs)}\``}.`,
      restsOn: [
        ['groundTruth', 'maturity'],
        [...path, 'window'],
        [...path, 'lag'],
      ],
    }),
  ];
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
