import { LEAST_TICKS } from './compat-time';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { decides, isLive, longestOf } from './stage-time';
import type { GuardSpec, RolloutSpec } from './types';

/** Labels that ripen only after a stage's time is up cannot decide it. */
export function maturityIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [...ofLive(spec), ...ofShadows(spec)];
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
