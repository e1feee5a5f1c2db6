import { LEAST_TICKS } from './compat-time';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { EVENT_LAG_MS } from './ripening';
import { decides, isLive, longestOf } from './stage-time';
import type { GuardSpec, RolloutSpec } from './types';

/** What ripens only after a stage's time is up cannot decide it, and what ripens only after the look back ends cannot be planned with. */
export function maturityIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [...ofLookback(spec), ...ofLive(spec), ...ofShadows(spec)];
}

/** The look back moves on with the clock: what is older than it when it ripens is never seen, however long the incumbent is measured. */
function ofLookback({ guards, groundTruth, events = {}, baseline, tickMs }: RolloutSpec): readonly Incompatibility[] {
  const ripening = guards.flatMap((guard, index): readonly Ripening[] => {
    const rests = { index, kind: guard.kind };
    if (guard.kind === 'quality' && groundTruth !== undefined)
      return [{ ...rests, ms: groundTruth.maturityMs, path: ['groundTruth', 'maturity'] }];
    if ((guard.kind !== 'business' && guard.kind !== 'goal') || guard.event === null) return [];
    const windowMs = events[guard.event]?.windowMs;
    if (windowMs === undefined) return [];
    return [{ ...rests, ms: windowMs + EVENT_LAG_MS, path: ['events', guard.event, 'window'] }];
  });
  const [slowest] = ripening.sort((a, b) => b.ms - a.ms);
  // One shorter than a tick has its own mistake.
  if (slowest === undefined || baseline.lookbackMs < tickMs) return [];
  const leastMs = slowest.ms + LEAST_TICKS * tickMs;
  if (baseline.lookbackMs >= leastMs) return [];
  const [found, ripe, least] = [baseline.lookbackMs, slowest.ms, leastMs].map((ms) => formatDuration(ms));
  return [
    refusal({
      path: ['baseline', 'lookback'],
      found: found ?? '',
      allowed: `at least ${least}`,
      message: `\`baseline.lookback\` is ${found}, but what the ${slowest.kind} guard counts ripens only after ${ripe}: nothing would be known of the incumbent.`,
      remedy: `Write \`lookback: ${least}\` or more; a day more covers the daily cycle.`,
      restsOn: [slowest.path, ['tick'], ['guards', slowest.index, 'kind']],
    }),
  ];
}

interface Ripening {
  /** Index of the guard. */
  readonly index: number;
  readonly kind: GuardSpec['kind'];
  readonly ms: number;
  /** The key that says how long it takes. */
  readonly path: Path;
}

/** What was held before the first decision counts too, since evidence is kept; what was copied does not, since nobody was answered. */
function ofLive({ stages, guards, groundTruth, tickMs }: RolloutSpec): readonly Incompatibility[] {
  const needsLabels = guards.findIndex(isRequired('quality'));
  const first = stages.findIndex(decides);
  const last = stages[first];
  if (groundTruth === undefined || needsLabels === -1 || last === undefined) return [];
  // SageMaker's alarms decide there, not labels (see `compat-guardrails.ts`).
  if (last.kind === 'blueGreen' && last.engine === 'guardrails') return [];
  const begin = stages.findIndex(isLive);
  const lastsMs = stages.slice(begin, first + 1).reduce((sum, stage) => sum + longestOf(stage).ms, 0);
  const leastMs = groundTruth.maturityMs + LEAST_TICKS * tickMs;
  if (lastsMs >= leastMs) return [];
  const path = ['stages', first, ...longestOf(last).key];
  const [written, maturity] = [formatDuration(lastsMs), formatDuration(groundTruth.maturityMs)];
  return [
    refusal({
      path,
      found: written,
      allowed: `at least ${formatDuration(leastMs)}`,
      message: `The candidate has had ${written} of traffic when \`stages[${first}]\` must be decided, but labels ripen only after ${maturity}: the quality guard could not pass.`,
      remedy: `Write \`${String(path.at(-1))}: ${formatDuration(leastMs)}\` or more, shorten \`groundTruth.maturity\`, or set \`required: false\` on the quality guard.`,
      restsOn: [
        ['groundTruth', 'maturity'],
        ['tick'],
        ['guards', needsLabels, 'kind'],
        ['guards', needsLabels, 'required'],
        ...stages.slice(0, first + 1).map((stage, index): Path => ['stages', index, ...longestOf(stage).key]),
      ],
    }),
  ];
}

function ofShadows({ stages, guards, groundTruth, tickMs }: RolloutSpec): readonly Incompatibility[] {
  const needsLabels = guards.findIndex(isRequired('shadow'));
  if (groundTruth === undefined || needsLabels === -1) return [];
  const leastMs = groundTruth.maturityMs + LEAST_TICKS * tickMs;
  return stages.flatMap((stage, index) => {
    if (stage.kind !== 'shadow' || stage.until.atMostMs >= leastMs) return [];
    const path = ['stages', index, ...longestOf(stage).key];
    const [written, maturity] = [formatDuration(stage.until.atMostMs), formatDuration(groundTruth.maturityMs)];
    return [
      refusal({
        path,
        found: written,
        allowed: `at least ${formatDuration(leastMs)}`,
        message: `\`stages[${index}]\` copies for ${written}, but labels ripen only after ${maturity}: the shadow guard could not pass.`,
        remedy: `Write \`atMost: ${formatDuration(leastMs)}\` or more, shorten \`groundTruth.maturity\`, or set \`required: false\` on the shadow guard.`,
        restsOn: [['groundTruth', 'maturity'], ['tick'], ['guards', needsLabels, 'kind']],
      }),
    ];
  });
}

function isRequired(kind: string): (guard: GuardSpec) => boolean {
  return (guard) => guard.required && guard.kind === kind;
}
