import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatFraction } from './share';
import type { GuardSpec, RolloutSpec } from './types';

/** Guards that cannot judge, or whose limits no evidence can meet. */
export function guardIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const { guards } = spec;
  return [
    ...noneRequired(guards),
    ...guards.flatMap((guard, index) => [
      ...repeated(guards, index),
      ...ofMargins(guard, ['guards', index]),
      ...ofSlo(guard, ['guards', index]),
    ]),
    ...ofQuality(spec),
  ];
}

function noneRequired(guards: readonly GuardSpec[]): readonly Incompatibility[] {
  if (guards.some(({ required }) => required)) return [];
  const isEmpty = guards.length === 0;
  return [
    {
      path: ['guards'],
      about: 'key',
      found: isEmpty ? 'no guard' : 'no required guard',
      allowed: 'at least one guard with `required: true`',
      message: `${isEmpty ? '`guards` is empty' : 'No guard is required'}, so nothing would stand behind a promotion.`,
      remedy: isEmpty
        ? 'Remove `guards` for the default, or add `- kind: errors`.'
        : 'Set `required: true` on one guard.',
      restsOn: guards.flatMap((_, index) => [
        ['guards', index, 'required'],
        ['guards', index, 'kind'],
      ]),
    },
  ];
}

function repeated(guards: readonly GuardSpec[], index: number): readonly Incompatibility[] {
  const kind = guards[index]?.kind;
  const earlier = guards.slice(0, index).findIndex((guard) => guard.kind === kind);
  if (kind === undefined || earlier === -1) return [];
  return [
    {
      path: ['guards', index, 'kind'],
      about: 'value',
      found: kind,
      allowed: 'one guard of each kind',
      message: `\`guards[${index}]\` is a second \`${kind}\` guard, beside \`guards[${earlier}]\`.`,
      remedy: 'Keep one of them.',
      restsOn: [['guards', earlier, 'kind']],
    },
  ];
}

function ofMargins(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  const { rollbackAt, promoteWithin } = guard;
  const harm = [...path, 'rollbackAt', 'oddsRatio'];
  if (!(rollbackAt.oddsRatio >= 1)) {
    const message = `\`${formatPath(harm)}\` is ${rollbackAt.oddsRatio}: a candidate that is better than the incumbent would be rolled back.`;
    const allowed = 'an odds ratio of 1 or more';
    found.push({
      ...on(harm),
      found: String(rollbackAt.oddsRatio),
      allowed,
      nearest: '1',
      message,
      remedy: 'Write `oddsRatio: 1`.',
    });
  }
  if (promoteWithin.kind === 'oddsRatio' && !(promoteWithin.oddsRatio > 1)) {
    const margin = [...path, 'promoteWithin', 'oddsRatio'];
    const message = `\`${formatPath(margin)}\` is ${promoteWithin.oddsRatio}: a candidate as good as the incumbent could never be promoted.`;
    const allowed = 'an odds ratio above 1';
    found.push({
      ...on(margin),
      found: String(promoteWithin.oddsRatio),
      allowed,
      message,
      remedy: 'Write for example `oddsRatio: 1.5`.',
    });
  }
  if (promoteWithin.kind === 'absolute' && !(promoteWithin.difference > 0 && promoteWithin.difference < 1)) {
    const margin = [...path, 'promoteWithin', 'absolute'];
    const written = formatFraction(promoteWithin.difference);
    const reason =
      promoteWithin.difference > 0
        ? 'any candidate is within it'
        : 'a candidate as good as the incumbent could never be promoted';
    const facts = { found: written, allowed: 'more than 0% and less than 100%' };
    found.push({
      ...on(margin),
      ...facts,
      message: `\`${formatPath(margin)}\` is ${written}: ${reason}.`,
      remedy: 'Write for example `absolute: 2%`.',
    });
  }
  return found;
}

function ofSlo(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (guard.kind !== 'errors' || guard.slo === undefined || (guard.slo > 0 && guard.slo < 1)) return [];
  const slo = [...path, 'slo'];
  const written = formatFraction(guard.slo);
  const reason = guard.slo > 0 ? 'every candidate meets it' : 'no number of clean requests can show it';
  const remedy = 'Write for example `slo: 0.5%`, or `slo: none`.';
  return [
    {
      ...on(slo),
      found: written,
      allowed: 'more than 0% and less than 100%, or none',
      message: `\`${formatPath(slo)}\` is ${written}: ${reason}.`,
      remedy,
    },
  ];
}

function ofQuality({ guards, groundTruth, schema, capture }: RolloutSpec): readonly Incompatibility[] {
  const index = guards.findIndex(({ kind }) => kind === 'quality');
  if (index === -1) return [];
  const found: Incompatibility[] = [];
  const restsOn: readonly Path[] = [['guards', index, 'kind'], ['groundTruth']];
  const needs = { path: ['guards', index, 'kind'], about: 'value', found: 'quality' } as const;
  if (groundTruth === undefined) {
    const message = 'The `quality` guard needs labels, but the file has no `groundTruth`.';
    const remedy = 'Add `groundTruth: { from: s3://…, maturity: 2h }`, or remove the guard.';
    found.push({ ...needs, restsOn, allowed: 'quality together with groundTruth', message, remedy });
  }
  if (schema.prediction === undefined) {
    const message =
      'The `quality` guard needs to know where the prediction stands in the response, but the file has no `schema.prediction`.';
    const remedy = "Add `schema: { prediction: '$.predictions[0].label' }`, or a CSV column index.";
    const rests = [...restsOn, ['schema', 'prediction']];
    found.push({ ...needs, restsOn: rests, allowed: 'quality together with schema.prediction', message, remedy });
  }
  if (capture.samplingPct === 0) {
    const message = '`capture.sampling` is 0%, so the `quality` guard would see no predictions.';
    const facts = { found: '0%', allowed: 'more than 0% with a quality guard', remedy: 'Write `sampling: 100%`.' };
    found.push({ path: ['capture', 'sampling'], about: 'value', restsOn, ...facts, message });
  }
  return found;
}

function on(path: Path): Pick<Incompatibility, 'path' | 'about' | 'restsOn'> {
  return { path, about: 'value', restsOn: [] };
}
