import type { StagePlace } from './compat-words';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import type { Incompatibility } from './problem';
import { formatPath } from './problem';
import { longestOf } from './stage-time';
import type { RolloutSpec, Stage } from './types';

/** The comparison looks at closed ticks: one to fill, one to close late, one to judge. */
export const LEAST_TICKS = 3;

/** An inference experiment lasts 30 days at most (`CreateInferenceExperiment`, schedule). */
const LONGEST_EXPERIMENT_MS = 30 * 86_400_000;

/** Stages that are over before a window of evidence is closed. */
export function timeIncompatibilities(spec: RolloutSpec, stage: Stage, place: StagePlace): readonly Incompatibility[] {
  switch (stage.kind) {
    case 'canary':
    case 'abTest':
      return ofTicks(spec, stage, { place, ticks: LEAST_TICKS });
    case 'blueGreen':
      return stage.engine === 'weights' ? ofTicks(spec, stage, { place, ticks: LEAST_TICKS }) : [];
    case 'linear':
      return ofTicks(spec, stage, { place, ticks: LEAST_TICKS });
    case 'calibrate':
      return ofTicks(spec, stage, { place, ticks: stage.ticks });
    case 'shadow':
      return [...ofTicks(spec, stage, { place, ticks: LEAST_TICKS }), ...ofExperiment(stage, place)];
    // A bandit counts in intervals, an approval in people.
    case 'bandit':
    case 'approval':
      return [];
  }
}

function ofTicks(
  { tickMs }: RolloutSpec,
  stage: Stage,
  { place, ticks }: { readonly place: StagePlace; readonly ticks: number }
): readonly Incompatibility[] {
  const { key } = longestOf(stage);
  // The last step of a ramp must be decided within its own bake and wait.
  const ms = stage.kind === 'linear' ? stage.bakeMs + stage.decideWithinMs : longestOf(stage).ms;
  const leastMs = ticks * tickMs;
  if (ms >= leastMs) return [];
  const path = [...place.path.slice(0, -1), ...key];
  const [written, least] = [formatDuration(ms), formatDuration(leastMs)];
  const what =
    stage.kind === 'linear'
      ? `\`bake\` and \`${formatPath(path)}\` are ${written} together`
      : `\`${formatPath(path)}\` is ${written}`;
  const then = stage.kind === 'calibrate' ? 'they could not be closed in time' : 'no evidence would be closed in time';
  return [
    refusal({
      path,
      found: written,
      allowed: `at least ${least}`,
      message: `${what}, less than ${ticks} ticks of ${formatDuration(tickMs)}: ${then}.`,
      remedy: `Write \`${String(path.at(-1))}: ${least}\` or more, or shorten \`tick\`.`,
      restsOn: [[...place.path, stage.kind === 'linear' ? 'bake' : 'ticks'], ['tick']],
    }),
  ];
}

function ofExperiment(stage: Extract<Stage, { kind: 'shadow' }>, { path }: StagePlace): readonly Incompatibility[] {
  if (stage.engine !== 'experiment' || stage.until.atMostMs <= LONGEST_EXPERIMENT_MS) return [];
  const at = [...path, 'until', 'atMost'];
  const [written, longest] = [formatDuration(stage.until.atMostMs), formatDuration(LONGEST_EXPERIMENT_MS)];
  return [
    refusal({
      path: at,
      found: written,
      allowed: `at most ${longest} with engine: experiment`,
      message: `\`${formatPath(at)}\` is ${written}; an inference experiment lasts ${longest} at most.`,
      remedy: `Write \`atMost: ${longest}\`, or \`engine: variant\`.`,
      restsOn: [[...path, 'engine']],
    }),
  ];
}
