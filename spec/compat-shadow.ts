import type { StagePlace } from './compat-words';
import { refusal } from './compat-words';
import type { Incompatibility } from './problem';
import { formatPath } from './problem';
import { formatShare } from './share';
import type { RolloutSpec, ShadowStage } from './types';

/** Pairs are joined from what is captured of both answers, by what was predicted. */
export function shadowIncompatibilities(
  { capture, schema, stages }: RolloutSpec,
  { samplePct, engine }: ShadowStage,
  { index, path }: StagePlace
): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  const sample = [...path, 'sample'];
  if (samplePct === 0) {
    found.push(
      refusal({
        path: sample,
        found: '0%',
        allowed: 'more than 0%',
        message: `\`${formatPath(sample)}\` is 0%: nothing is copied, so there is nothing to compare.`,
        remedy: 'Write for example `sample: 20%`.',
      })
    );
  }
  if (engine === 'experiment' && !Number.isInteger(samplePct)) {
    const nearest = formatShare(Math.max(1, Math.round(samplePct)));
    found.push(
      refusal({
        path: sample,
        found: formatShare(samplePct),
        allowed: 'a whole percentage with engine: experiment',
        nearest,
        message: `\`${formatPath(sample)}\` is ${formatShare(samplePct)}; an inference experiment copies whole percents only.`,
        remedy: `Write \`sample: ${nearest}\`, or \`engine: variant\`.`,
        restsOn: [[...path, 'engine']],
      })
    );
  }
  const first = stages.findIndex((one) => one.kind === 'shadow' && one.engine !== 'gateway');
  const former = stages[first];
  if (engine !== 'gateway' && former?.kind === 'shadow' && first < index && former.samplePct !== samplePct) {
    const nearest = formatShare(former.samplePct);
    found.push(
      refusal({
        path: sample,
        found: formatShare(samplePct),
        allowed: `${nearest}, as in stages[${first}]`,
        nearest,
        message: `\`${formatPath(sample)}\` is ${formatShare(samplePct)}, but \`stages[${first}]\` copies ${nearest}: the sample is part of the shadow variant, and a file has one.`,
        remedy: `Write \`sample: ${nearest}\`, or \`engine: gateway\`, whose sample may change.`,
        restsOn: [
          ['stages', first, 'shadow', 'sample'],
          ['stages', first, 'shadow', 'engine'],
          [...path, 'engine'],
        ],
      })
    );
  }
  if (capture.samplingPct < 100) {
    found.push(
      refusal({
        path: ['capture', 'sampling'],
        found: formatShare(capture.samplingPct),
        allowed: '100% with a shadow stage',
        nearest: '100%',
        message: `\`capture.sampling\` is ${formatShare(capture.samplingPct)}, but \`stages[${index}]\` pairs every copy with its original, so both must be captured.`,
        remedy: 'Write `sampling: 100%`.',
        restsOn: [path],
      })
    );
  }
  if (schema.prediction === undefined) {
    found.push(
      refusal({
        path,
        about: 'key',
        found: 'no schema.prediction',
        allowed: 'shadow together with schema.prediction',
        message: `\`stages[${index}]\` compares predictions, but the file does not say where they stand in the response.`,
        remedy: "Add `schema: { prediction: '$.predictions[0].label' }`, or a CSV column index.",
        restsOn: [['schema', 'prediction']],
      })
    );
  }
  return found;
}
