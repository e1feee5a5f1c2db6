import { segmentIncompatibilities } from './compat-segments';
import { LEAST_TICKS } from './compat-time';
import type { StagePlace } from './compat-words';
import { eventNames, refusal } from './compat-words';
import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatShare } from './share';
import type { BanditStage, RolloutSpec } from './types';

/** A bandit must learn from some batches before its time is up. */
const LEAST_BATCHES = 3;

/** Rewards that nobody pays, and settings under which no arm could be told from another. */
export function banditIncompatibilities(
  spec: RolloutSpec,
  stage: BanditStage,
  { path }: StagePlace
): readonly Incompatibility[] {
  return [
    ...(stage.reward.kind === 'event' ? ofEvent(spec, stage.reward.event, path) : ofQuality(spec, path)),
    ...ofFloor(spec, stage, path),
    ...ofDeadBand(stage, path),
    ...ofDiscount(stage, path),
    ...ofInterval(spec, stage, path),
    ...segmentIncompatibilities(spec, stage, path),
  ];
}

function ofEvent({ events = {} }: RolloutSpec, event: string, path: Path): readonly Incompatibility[] {
  if (Object.hasOwn(events, event)) return [];
  const at = [...path, 'reward', 'event'];
  const known = eventNames(events);
  return [
    refusal({
      path: at,
      found: event,
      allowed: known.length === 0 ? 'a name among `events`, of which the file has none' : known.join(' | '),
      names: known,
      message: `\`${formatPath(at)}\` is ${event}, which is not among \`events\`.`,
      remedy: `Add \`${event}: { from: s3://… }\` to \`events\`, or write \`reward: quality\`.`,
      restsOn: [['events']],
    }),
  ];
}

function ofQuality({ groundTruth, schema, capture }: RolloutSpec, path: Path): readonly Incompatibility[] {
  const at = [...path, 'reward'];
  const missing = [
    ...(groundTruth === undefined
      ? [['groundTruth', 'labels', 'Add `groundTruth: { from: s3://…, maturity: 2h }`'] as const]
      : []),
    ...(schema.prediction === undefined
      ? [['schema.prediction', 'predictions', "Add `schema: { prediction: '$.predictions[0].label' }`"] as const]
      : []),
    ...(capture.samplingPct === 0 ? [['capture', 'captured answers', 'Write `capture.sampling: 100%`'] as const] : []),
  ];
  return missing.map(([key, what, remedy]) =>
    refusal({
      path: at,
      found: 'quality',
      allowed: `quality together with ${key}, or an event`,
      message: `\`${formatPath(at)}\` is quality, which needs ${what}, but the file has no \`${key}\`.`,
      remedy: `${remedy}, or write \`reward: { event: … }\`.`,
      restsOn: [key.split('.')],
    })
  );
}

function ofFloor({ candidates }: RolloutSpec, { floorPct }: BanditStage, path: Path): readonly Incompatibility[] {
  const arms = candidates.length + 1;
  if (floorPct > 0 && floorPct * arms < 100) return [];
  const at = [...path, 'floor'];
  const found = formatShare(floorPct);
  const reason =
    floorPct > 0 ? `${arms} arms would take all there is` : 'an arm without requests is never heard of again';
  return [
    refusal({
      path: at,
      found,
      allowed: `more than 0% and less than ${formatShare(100 / arms)} for ${arms} arms`,
      message: `\`${formatPath(at)}\` is ${found}: ${reason}.`,
      remedy: 'Write for example `floor: 1%`.',
      restsOn: [['candidates']],
    }),
  ];
}

function ofDeadBand({ deadBandPct }: BanditStage, path: Path): readonly Incompatibility[] {
  if (deadBandPct < 50) return [];
  const at = [...path, 'deadBand'];
  return [
    refusal({
      path: at,
      found: formatShare(deadBandPct),
      allowed: 'less than 50%',
      message: `\`${formatPath(at)}\` is ${formatShare(deadBandPct)}: hardly any move of a share is that large, so shares would stay as they are.`,
      remedy: 'Write for example `deadBand: 0.2%`.',
    }),
  ];
}

function ofDiscount({ discount }: BanditStage, path: Path): readonly Incompatibility[] {
  if (discount > 0 && discount <= 1) return [];
  const at = [...path, 'discount'];
  return [
    refusal({
      path: at,
      found: String(discount),
      allowed: 'above 0 and at most 1',
      nearest: '1',
      message: `\`${formatPath(at)}\` is ${discount}: old rewards would be worth more than new ones.`,
      remedy: 'Write `discount: 1`, or less where arms change.',
    }),
  ];
}

function ofInterval({ tickMs }: RolloutSpec, stage: BanditStage, path: Path): readonly Incompatibility[] {
  const { intervalMs, atMostMs } = stage;
  const [interval, atMost] = [
    [...path, 'interval'],
    [...path, 'until', 'atMost'],
  ];
  if (intervalMs < tickMs) {
    return [
      refusal({
        path: interval,
        found: formatDuration(intervalMs),
        allowed: `at least ${formatDuration(tickMs)}`,
        nearest: formatDuration(tickMs),
        message: `\`${formatPath(interval)}\` is ${formatDuration(intervalMs)}, shorter than one tick of ${formatDuration(tickMs)}.`,
        remedy: `Write \`interval: ${formatDuration(tickMs)}\` or more, or shorten \`tick\`.`,
        restsOn: [['tick']],
      }),
    ];
  }
  const leastMs = Math.max(LEAST_BATCHES * intervalMs, LEAST_TICKS * tickMs);
  if (atMostMs >= leastMs) return [];
  return [
    refusal({
      path: atMost,
      found: formatDuration(atMostMs),
      allowed: `at least ${formatDuration(leastMs)}`,
      message: `\`${formatPath(atMost)}\` is ${formatDuration(atMostMs)}, less than ${LEAST_BATCHES} intervals of ${formatDuration(intervalMs)}: nothing would be learnt in time.`,
      remedy: `Write \`atMost: ${formatDuration(leastMs)}\` or more, or shorten \`interval\`.`,
      restsOn: [interval, ['tick']],
    }),
  ];
}
