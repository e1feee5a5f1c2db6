import { refusal } from './compat-words';
import { isTransformPath } from './transform-path';
import { placesIn } from './places';
import type { Incompatibility, Path } from './problem';
import { runsOften } from './schedule-often';
import type { BatchModel, BatchSpec, RolloutSpec } from './types';

/** SageMaker's bound of MaxConcurrentTransforms times MaxPayloadInMB (CreateTransformJob). */
const MAX_TOTAL_MB = 100;
/** Formats that DataProcessing can take apart. */
const FORMATS: Readonly<Record<string, string>> = {
  'text/csv': 'csv',
  'application/json': 'json',
  'application/jsonlines': 'json',
};
/** Slices must hold a few requests, or cutting costs more than it saves. */
const LEAST_SLICE_BYTES = 64 * 1024;

/** What SageMaker refuses of a batch transform, and what would spoil its results. */
export function batchIncompatibilities({ batch = [] }: RolloutSpec): readonly Incompatibility[] {
  return batch.flatMap((one, index) => {
    const path: Path = ['batch', index];
    return [
      ...sameName(batch, index),
      ...ofPayload(one, path),
      ...ofFilters(one, path),
      ...ofVerify(one, path),
      ...ofPlaces(one, path),
      ...ofModel(one.model, [...path, 'model']),
      ...(one.challenger === undefined ? [] : ofModel(one.challenger.model, [...path, 'challenger', 'model'])),
    ];
  });
}

function sameName(batches: readonly BatchSpec[], index: number): readonly Incompatibility[] {
  const name = batches[index]?.name ?? '';
  const earlier = batches.slice(0, index).findIndex((other) => other.name === name);
  if (earlier === -1) return [];
  return [
    refusal({
      path: ['batch', index, 'name'],
      restsOn: [['batch', index]],
      found: name,
      allowed: 'a name of its own for each batch',
      message: `\`batch[${index}].name\` is ${name}, which \`batch[${earlier}]\` is called, too.`,
      remedy: 'Give each batch a name of its own.',
    }),
  ];
}

function ofPayload({ payloadMb, concurrency = 1, parts }: BatchSpec, path: Path): readonly Incompatibility[] {
  const total = payloadMb * concurrency;
  const found: Incompatibility[] = [];
  if (total > MAX_TOTAL_MB)
    found.push(
      refusal({
        path: [...path, payloadMb > MAX_TOTAL_MB ? 'payload' : 'concurrency'],
        restsOn: [[...path, 'payload']],
        found: `${concurrency} × ${payloadMb} MB`,
        allowed: `at most ${MAX_TOTAL_MB} MB together`,
        message: `\`concurrency\` times \`payload\` is ${total} MB, SageMaker takes ${MAX_TOTAL_MB}.`,
        remedy:
          payloadMb > MAX_TOTAL_MB
            ? `Write \`payload: ${MAX_TOTAL_MB}\` or less.`
            : `Write \`concurrency: ${Math.max(1, Math.floor(MAX_TOTAL_MB / payloadMb))}\`, or a smaller \`payload\`.`,
      })
    );
  if (parts.sliceBytes < LEAST_SLICE_BYTES)
    found.push(
      refusal({
        path: [...path, 'parts', 'slice'],
        found: `${parts.sliceBytes} bytes`,
        allowed: 'at least 64KB',
        message: '`parts.slice` is so small that cutting costs more than it saves.',
        remedy: 'Write `slice: 64MB` or more.',
      })
    );
  return found;
}

/** "Associate Prediction Results with Input Records" in SageMaker's guide; formats, split and assembly must agree. */
function ofFilters(
  { filters, contentType, accept, split, assemble }: BatchSpec,
  path: Path
): readonly Incompatibility[] {
  const place: Path = [...path, 'filters'];
  const found: Incompatibility[] = [];
  for (const key of ['input', 'output'] as const) {
    const filter = filters[key];
    if (filter === undefined || isTransformPath(filter)) continue;
    found.push(
      refusal({
        path: [...place, key],
        found: filter,
        allowed: "$, .name, .*, ['a','b'], [0], [1,-1], [2:5]",
        message: `\`filters.${key}\` is no JSON path that transform jobs support.`,
        remedy: "Use `.name`, `['a','b']`, `[0]`, `[1,-1]` or `[2:5]` after `$`.",
      })
    );
  }
  const readsAnswers = filters.join === 'Input' || filters.output !== undefined;
  if (!readsAnswers && filters.input === undefined) return found;
  const format = FORMATS[contentType];
  if (format === undefined)
    found.push(
      refusal({
        path: [...path, 'contentType'],
        restsOn: [place],
        found: contentType,
        allowed: Object.keys(FORMATS).join(', '),
        message: `\`filters\` need records that SageMaker can take apart, not ${contentType}.`,
        remedy: 'Use text/csv, application/json or application/jsonlines, or remove `filters`.',
      })
    );
  if (split !== 'Line' && (format === 'csv' || split !== 'None'))
    found.push(
      refusal({
        path: [...path, 'split'],
        restsOn: [place],
        found: split,
        allowed: 'Line',
        message: `\`filters\` with ${contentType} need \`split: Line\`, not ${split}.`,
        remedy: 'Write `split: Line`.',
      })
    );
  if (!readsAnswers) return found;
  if (FORMATS[accept ?? ''] !== format && format !== undefined)
    found.push(
      refusal({
        path: [...path, 'accept'],
        restsOn: [place],
        found: accept ?? 'none',
        allowed: contentType,
        message: `A join or an output filter needs answers in the format of the requests, ${contentType}.`,
        remedy: `Write \`accept: ${contentType}\`.`,
      })
    );
  if (assemble !== (split === 'Line' ? 'Line' : 'None'))
    found.push(
      refusal({
        path: [...path, 'assemble'],
        restsOn: [place],
        found: assemble,
        allowed: split,
        message: 'A join or an output filter needs results that are assembled as the input is split.',
        remedy: `Write \`assemble: ${split === 'Line' ? 'Line' : 'None'}\`.`,
      })
    );
  return found;
}

/** Records can be counted and compared only as lines. */
function ofVerify({ verify, challenger, split, assemble }: BatchSpec, path: Path): readonly Incompatibility[] {
  if (split === 'Line' && assemble === 'Line') return [];
  return [
    ...(verify.drift === undefined ? [] : [{ key: ['verify', 'drift'], what: 'drift' }]),
    ...(challenger === undefined ? [] : [{ key: ['challenger'], what: 'a challenger' }]),
  ].map(({ key, what }) =>
    refusal({
      path: [...path, ...key],
      about: 'key',
      restsOn: [[...path, 'split']],
      found: `split ${split}, assemble ${assemble}`,
      allowed: 'split: Line with assemble: Line',
      message: `Results that are no lines cannot be compared, which ${what} needs.`,
      remedy: 'Write `split: Line` and `assemble: Line`, or remove it.',
    })
  );
}

function ofPlaces(batch: BatchSpec, path: Path): readonly Incompatibility[] {
  const { input, output, schedule } = batch;
  const found: Incompatibility[] = [];
  const fixed = (address: string): string => address.replace(/\{[^]*$/, '');
  if (`${output}/`.startsWith(fixed(input)) && input.endsWith('/'))
    found.push(
      refusal({
        path: [...path, 'output'],
        restsOn: [[...path, 'input']],
        found: output,
        allowed: 'a place that is not below `input`',
        message: '`output` lies below `input`, so that the next run would score results.',
        remedy: 'Choose another prefix.',
      })
    );
  const places = placesIn(output);
  const tellsRunsApart = ['time', 'hh'].some((place) => places.includes(place));
  if (schedule !== undefined && runsOften(schedule.times) && !tellsRunsApart)
    found.push(
      refusal({
        path: [...path, 'output'],
        restsOn: [[...path, 'schedule']],
        found: output,
        allowed: 'an address with {time} or {hh} in it',
        message:
          '`output` is one place a day, and the schedule runs more often: each run would replace the one before.',
        remedy: 'Write `{date}/{hh}` or `{time}` into it, or leave the braces out.',
      })
    );
  return found;
}

function ofModel(model: BatchModel, path: Path): readonly Incompatibility[] {
  if (model.kind !== 'source' || model.model.kind !== 'multiModel') return [];
  return [
    refusal({
      path: [...path, 'container', 'mode'],
      found: 'multiModel',
      allowed: 'one model',
      message: 'Transform jobs do not support multi-model containers.',
      remedy: 'Name the one model: `container: { image, artifact }`.',
    }),
  ];
}
