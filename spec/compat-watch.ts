import { LEAST_TICKS } from './compat-time';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import { canJudgeAlone } from './judge-alone';
import type { Incompatibility } from './problem';
import { formatShare } from './share';
import type { RolloutSpec, WatchSettings } from './types';

const MAX_HOLDBACK_PCT = 50;
/** What a benched variant may still get while a gateway lives on an old assignment. */
const LONGEST_EXPIRY_MS = 60 * 60_000;

/** What follows the promotion, and how long a gateway may go on alone. */
export function watchIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const { watch } = spec;
  return [
    ...ofExpiry(spec),
    ...(watch === undefined ? [] : [...ofTime(spec, watch), ...ofHoldback(spec, watch), ...ofGuardrails(spec, watch)]),
  ];
}

function ofExpiry({ routing }: RolloutSpec): readonly Incompatibility[] {
  if (routing.by !== 'gateway' || routing.expiresMs <= LONGEST_EXPIRY_MS) return [];
  const [found, longest] = [formatDuration(routing.expiresMs), formatDuration(LONGEST_EXPIRY_MS)];
  return [
    refusal({
      path: ['routing', 'expires'],
      found,
      allowed: `at most ${longest}`,
      message: `\`routing.expires\` is ${found}: so long could a gateway that hears nothing send requests to a model that was rolled back.`,
      remedy: 'Write for example `expires: 5m`.',
    }),
  ];
}

function ofTime({ tickMs }: RolloutSpec, { forMs }: WatchSettings): readonly Incompatibility[] {
  const leastMs = LEAST_TICKS * tickMs;
  if (forMs >= leastMs) return [];
  const [found, least] = [formatDuration(forMs), formatDuration(leastMs)];
  return [
    refusal({
      path: ['watch', 'for'],
      found,
      allowed: `at least ${least}`,
      message: `\`watch.for\` is ${found}, less than ${LEAST_TICKS} ticks of ${formatDuration(tickMs)}: no evidence would be closed in time.`,
      remedy: `Write \`for: ${least}\` or more, or remove \`watch\`.`,
      restsOn: [['tick']],
    }),
  ];
}

function ofHoldback({ guards }: RolloutSpec, { holdbackPct, keep }: WatchSettings): readonly Incompatibility[] {
  const found = formatShare(holdbackPct);
  const at = { path: ['watch', 'holdback'], found, restsOn: [['watch', 'keep']] };
  if (keep === 'cold') {
    if (holdbackPct === 0) return [];
    return [
      refusal({
        ...at,
        allowed: '0% with keep: cold',
        nearest: '0%',
        message: `\`watch.holdback\` is ${found}, but a model that is kept cold answers nothing.`,
        remedy: 'Write `holdback: 0%`, or `keep: warm`.',
      }),
    ];
  }
  if (holdbackPct > MAX_HOLDBACK_PCT) {
    return [
      refusal({
        ...at,
        allowed: `at most ${formatShare(MAX_HOLDBACK_PCT)}`,
        message: `\`watch.holdback\` is ${found}: more than half of the traffic would go back to the old model.`,
        remedy: 'Write for example `holdback: 2%`, or use an `abTest`.',
      }),
    ];
  }
  const needy = guards.findIndex((guard) => !canJudgeAlone(guard));
  if (holdbackPct > 0 || needy === -1) return [];
  return [
    refusal({
      ...at,
      allowed: 'more than 0% with keep: warm, unless every guard has an `slo`',
      message: `\`watch.holdback\` is 0%, so the \`${guards[needy]?.kind ?? ''}\` guard would have nothing to compare with.`,
      remedy: 'Write for example `holdback: 2%`, or `keep: cold`, where only guards with an `slo` judge on.',
      restsOn: [...at.restsOn, ['guards', needy, 'kind'], ['guards', needy, 'slo']],
    }),
  ];
}

function ofGuardrails({ stages }: RolloutSpec, { keep }: WatchSettings): readonly Incompatibility[] {
  const index = stages.findIndex((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails');
  if (keep === 'cold' || index === -1) return [];
  return [
    refusal({
      path: ['watch', 'keep'],
      found: 'warm',
      allowed: 'cold after blueGreen by guardrails',
      nearest: 'cold',
      message: `\`watch.keep\` is warm, but SageMaker removes the old fleet at the end of \`stages[${index}]\`.`,
      remedy: 'Write `keep: cold`, or `engine: weights` in the stage.',
      restsOn: [['watch'], ['stages', index, 'blueGreen', 'engine']],
    }),
  ];
}
