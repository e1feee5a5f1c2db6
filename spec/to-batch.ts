import type { RolloutFile } from './schema';
import { given } from './given';
import { toSchedule } from './schedule-schema';
import { placesIn } from './places';
import { runsOften } from './schedule-often';
import { toModel } from './to-candidate';
import type { BatchDrift, BatchModel, BatchSpec, ScheduleTimes } from './types';

type FileBatch = NonNullable<RolloutFile['batch']>[number];
type FilePinned = Exclude<FileBatch['model'], string>;

/** The batch transforms of the file in the words of the program. */
export function toBatches(batches: readonly FileBatch[]): readonly BatchSpec[] {
  return batches.map(toBatch);
}

function toBatch(file: FileBatch): BatchSpec {
  const { filters, verify, challenger, parts, split } = file;
  const schedule = file.schedule === undefined ? undefined : toSchedule(file.schedule, file);
  return {
    name: file.name,
    ...given('schedule', schedule),
    timezone: file.timezone,
    dataLagMs: file.dataLag,
    startWithinMs: file.startWithin,
    withinMs: file.within,
    input: file.input,
    output: outputOf(file.output, schedule?.times),
    model: file.model === 'incumbent' ? { kind: 'incumbent' } : toPinned(file.model),
    instance: file.instance,
    strategy: file.strategy,
    payloadMb: file.payload,
    ...given('concurrency', file.concurrency),
    ...given('compression', file.compression === 'Gzip' ? file.compression : undefined),
    split,
    assemble: file.assemble ?? (split === 'Line' ? 'Line' : 'None'),
    contentType: file.contentType,
    ...given('accept', file.accept ?? defaultAccept(file)),
    filters: { ...given('input', filters.input), ...given('output', filters.output), join: filters.join },
    onBadRecord: file.onBadRecord,
    atMostBad: file.atMostBad,
    verify: { counts: verify.counts, ...given('drift', verify.drift && toDrift(verify.drift)) },
    ...given(
      'challenger',
      challenger && {
        name: challenger.name,
        model: toPinned(challenger.model),
        prediction: challenger.prediction,
      }
    ),
    parts: { bytes: parts.size, sliceBytes: parts.slice, parallel: parts.parallel },
  };
}

function toDrift({ baseline, ...drift }: NonNullable<FileBatch['verify']['drift']>): BatchDrift {
  return { ...drift, ...given('baseline', baseline) };
}

/** SageMaker wants both sides of a join or of an output filter in one format. */
function defaultAccept({ filters, contentType }: FileBatch): string | undefined {
  return filters.join === 'Input' || filters.output !== undefined ? contentType : undefined;
}

function toPinned({ existing, ...source }: FilePinned): Exclude<BatchModel, { readonly kind: 'incumbent' }> {
  return existing === undefined ? { kind: 'source', model: toModel(source) } : { kind: 'existing', name: existing };
}

/** Every run has a place of its own: the date is enough where it runs once a day at most. */
function outputOf(address: string, times: ScheduleTimes | undefined): string {
  const folder = address.replace(/\/+$/, '');
  if (placesIn(address).length > 0) return folder;
  return `${folder}/${times !== undefined && !runsOften(times) ? '{date}' : '{time}'}`;
}
