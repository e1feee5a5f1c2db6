import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { formatFraction, formatShare } from './share';
import type { RolloutSpec } from './types';

const MINUTE_MS = 60_000;
/** CloudWatch keeps data points of one minute for 15 days (GetMetricData, "Start time between 3 hours and 15 days ago"). */
const CLOUDWATCH_KEEPS_MS = 15 * 86_400_000;
/** DestinationS3Uri and content types in SageMaker's API model. */
const MAX_CAPTURE_URI = 512;
const CONTENT_TYPE = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*$/;
const MAX_CONTENT_TYPES = 10;
/** A decision that is wrong half of the time needs no evidence. */
const MOST_OFTEN_WRONG = 0.5;

/** Capture, windows, baseline and budgets. */
export function settingIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [...ofCapture(spec), ...ofTick(spec), ...ofBaseline(spec), ...ofBudget(spec)];
}

function ofCapture({ capture }: RolloutSpec): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  const { to, samplingPct, contentTypes } = capture;
  if (!Number.isInteger(samplingPct)) {
    const message = `\`capture.sampling\` is ${formatShare(samplingPct)}; SageMaker samples whole percents only.`;
    const remedy = `Write \`${formatShare(Math.max(1, Math.round(samplingPct)))}\`.`;
    found.push({
      ...at(['capture', 'sampling']),
      found: formatShare(samplingPct),
      allowed: 'a whole percentage',
      message,
      remedy,
    });
  }
  if (to.length > MAX_CAPTURE_URI) {
    const message = `\`capture.to\` has ${to.length} characters, SageMaker takes ${MAX_CAPTURE_URI}.`;
    const allowed = `at most ${MAX_CAPTURE_URI} characters`;
    found.push({
      ...at(['capture', 'to']),
      found: `${to.length} characters`,
      allowed,
      message,
      remedy: 'Shorten the prefix.',
    });
  }
  contentTypes.forEach((type, index) => {
    if (CONTENT_TYPE.test(type) && type.length <= 256) return;
    const message = `\`capture.contentTypes[${index}]\` is not a content type that SageMaker takes.`;
    const remedy = 'Write type/subtype without parameters, for example `text/csv`.';
    found.push({ ...at(['capture', 'contentTypes', index]), found: type, allowed: 'type/subtype', message, remedy });
  });
  if (contentTypes.length > MAX_CONTENT_TYPES) {
    const message = `\`capture.contentTypes\` has ${contentTypes.length} entries, SageMaker takes ${MAX_CONTENT_TYPES}.`;
    const facts = { found: `${contentTypes.length} entries`, allowed: `at most ${MAX_CONTENT_TYPES}` };
    found.push({
      ...at(['capture', 'contentTypes']),
      ...facts,
      message,
      remedy: 'Remove some; the rest is captured as base64.',
    });
  }
  return found;
}

function ofTick({ counts, tickMs }: RolloutSpec): readonly Incompatibility[] {
  if (counts.from !== 'cloudwatch' || (tickMs >= MINUTE_MS && tickMs % MINUTE_MS === 0)) return [];
  const nearest = formatDuration(Math.max(1, Math.round(tickMs / MINUTE_MS)) * MINUTE_MS);
  return [
    {
      ...at(['tick'], [['counts']]),
      found: formatDuration(tickMs),
      allowed: 'a multiple of 1m with counts from CloudWatch',
      nearest,
      message: `\`tick\` is ${formatDuration(tickMs)}, but CloudWatch counts per minute.`,
      remedy: `Write \`tick: ${nearest}\`, or take the counts from a gateway: \`counts: { from: s3://… }\`.`,
    },
  ];
}

function ofBaseline({ counts, tickMs, baseline }: RolloutSpec): readonly Incompatibility[] {
  const { lookbackMs } = baseline;
  const found = formatDuration(lookbackMs);
  if (lookbackMs < tickMs) {
    const message = `\`baseline.lookback\` is ${found}, shorter than one tick of ${formatDuration(tickMs)}.`;
    const facts = { found, allowed: `at least ${formatDuration(tickMs)}` };
    return [
      {
        ...at(['baseline', 'lookback'], [['tick']]),
        ...facts,
        message,
        remedy: 'Look back further; a day covers the daily cycle.',
      },
    ];
  }
  if (counts.from === 'cloudwatch' && lookbackMs > CLOUDWATCH_KEEPS_MS) {
    const keeps = formatDuration(CLOUDWATCH_KEEPS_MS);
    const message = `\`baseline.lookback\` is ${found}, but CloudWatch keeps counts per minute for ${keeps}.`;
    return [
      {
        ...at(['baseline', 'lookback'], [['counts']]),
        found,
        allowed: `at most ${keeps}`,
        message,
        remedy: 'Write `lookback: 14d`.',
      },
    ];
  }
  return [];
}

function ofBudget({ budget }: RolloutSpec): readonly Incompatibility[] {
  const shares = [
    ['falseRollback', budget.falseRollback],
    ['falsePromotion', budget.falsePromotion],
    ['falseWinner', budget.falseWinner],
  ] as const;
  return shares
    .filter(([, share]) => !(share > 0 && share < MOST_OFTEN_WRONG))
    .map(([name, share]) => ({
      ...at(['budget', name]),
      found: formatFraction(share),
      allowed: 'more than 0% and less than 50%',
      message:
        share > 0 && share < 1
          ? `\`budget.${name}\` is ${formatFraction(share)}: a coin is wrong no more often.`
          : `\`budget.${name}\` is ${formatFraction(share)}; no evidence is enough for 0%, and none is needed at 100%.`,
      remedy: 'Write the share of wrong decisions that you can live with, for example `1%`.',
    }));
}

function at(path: Path, restsOn: readonly Path[] = []): Pick<Incompatibility, 'path' | 'about' | 'restsOn'> {
  return { path, about: 'value', restsOn };
}
