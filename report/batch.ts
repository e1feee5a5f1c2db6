import type { BatchState, Compared, PartState } from '../batch';
import { batchProgress, comparedOf, quarantinedOf, recordsOf } from '../batch';
import { proportionInterval } from '../guards/proportion';
import { clock, count, duration, percent, plain, plural, sentence, utc } from './words';

/** How sure the interval of the challenger's difference is. */
const ALPHA = 0.05;
/** Parts that the page lists one by one; of many, those that are at work. */
const PARTS_SHOWN = 20;

const PHASES: Readonly<Record<BatchState['phase'], string>> = {
  opening: 'opening',
  listing: 'listing the input',
  transforming: 'transforming',
  publishing: 'verifying and publishing',
  discarding: '**stopping and cleaning up**',
  ended: 'ended',
};

const PART_PHASES: Readonly<Record<PartState['phase'], string>> = {
  scan: 'reading the input',
  transform: 'transforming',
  check: 'checking the results',
  carve: 'cutting what failed',
  wait: 'waiting to try again',
  challenge: 'scoring by the challenger',
  assemble: 'putting results together',
  done: 'done',
};

/** A batch on its page in the Temporal UI. */
export function batchMarkdown(state: BatchState, nowMs: number): string {
  const rows = shownParts(state).map(
    ({ part, phase, attempt, objects, records, quarantined }) =>
      `| ${part} | ${PART_PHASES[phase]} | ${attempt} | ${count(objects)} | ${records === null ? '' : count(records)} | ${quarantined} |`
  );
  const [title = '', ...lines] = batchLines(state, nowMs);
  return [
    `## ${title}`,
    '',
    ...lines.map((line) => `- ${line.trim()}`),
    ...(rows.length === 0
      ? []
      : ['', '| part | stands | jobs | objects | records | put aside |', '|---|---|---|---|---|---|', ...rows]),
  ].join('\n');
}

/** The same as lines for a terminal; the first is the title. */
export function batchLines(state: BatchState, nowMs: number): readonly string[] {
  const { request, opened } = state;
  return [
    `Batch ${request.batch.name} of ${request.endpoint}: ${headline(state).replaceAll('*', '')}`,
    ...(opened === null
      ? []
      : [
          `  ${opened.model.version} (model ${opened.model.name}, ${FROM[opened.model.from]}) scores ${opened.input}`,
          `  for ${utc(opened.nominalMs)}, begun ${utc(state.startedAtMs)}`,
        ]),
    ...progressLines(state, nowMs),
    ...badLines(state),
    ...comparedLines(comparedOf(state), request.batch.challenger?.name ?? 'the challenger'),
    ...driftLines(state),
    ...(state.stopped === null ? [] : [`  ${plain(state.stopped.who)} stopped it: ${plain(state.stopped.why)}`]),
  ];
}

const FROM = {
  owner: "as the endpoint's owner says",
  rollout: 'the incumbent of the rollout that runs',
  endpoint: 'which serves now',
  file: 'pinned',
} as const;

function headline({ phase, outcome }: BatchState): string {
  switch (outcome?.kind) {
    case undefined:
      return PHASES[phase];
    case 'published':
      return `published, see ${outcome.manifest}`;
    case 'stopped':
      return 'stopped, nothing was published';
    case 'failed':
      return `failed, nothing was published: ${sentence(plain(outcome.failure.what))} ${outcome.failure.next}`;
  }
}

function progressLines(state: BatchState, nowMs: number): readonly string[] {
  if (state.parts.length === 0) return [];
  const { partsDone, parts, objectsDone, objects, bytesDone, bytes, endMs } = batchProgress(state, nowMs);
  const donePct = bytes === 0 ? 100 : (100 * bytesDone) / bytes;
  const records = recordsOf(state);
  if (state.endedAtMs !== null)
    return [
      `  ${plural(records, 'record')} of ${plural(objects, 'object')} in ${duration(state.endedAtMs - state.startedAtMs)}`,
    ];
  // Bytes tell nothing of how long the challenger takes, and the checks.
  const eta =
    endMs === null || bytesDone >= bytes ? '' : `, done about ${clock(endMs, nowMs)} (in ${duration(endMs - nowMs)})`;
  return [
    `  ${percent(donePct)} of the bytes: ${count(objectsDone)} of ${plural(objects, 'object')}, ${partsDone} of ${plural(parts, 'part')}${eta}`,
  ];
}

function badLines(state: BatchState): readonly string[] {
  const quarantined = quarantinedOf(state);
  if (quarantined === 0 && state.bad.length === 0) return [];
  return [
    `  ${plural(quarantined, 'record')} put aside${state.bad.length === 0 ? '' : ':'}`,
    ...state.bad.map(({ object, line, why }) => `    ${object}${line === null ? '' : `, line ${line}`}: ${plain(why)}`),
  ];
}

/** How often the challenger answers otherwise, with an interval that holds at every look. */
export function comparedLines(compared: Compared | null, name: string): readonly string[] {
  if (compared === null) return [];
  const { pairs, different, refused, changes } = compared;
  const interval = proportionInterval({ n: pairs, k: different, alpha: ALPHA });
  const often =
    interval === null ? '' : ` (95 % interval ${percent(100 * interval[0])} to ${percent(100 * interval[1])})`;
  const top = Object.entries(changes)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([change, times]) => `    ${plain(change)}: ${count(times)}`);
  return [
    `  ${plain(name)} answers ${count(different)} of ${plural(pairs, 'record')} otherwise, ${percent(pairs === 0 ? 0 : (100 * different) / pairs)}${often}`,
    ...top,
    ...(refused === 0 ? [] : [`    and refuses ${plural(refused, 'record')}`]),
  ];
}

function driftLines({ drift }: BatchState): readonly string[] {
  if (drift === null) return [];
  const { distance, allowance, threshold, isViolated, baseline } = drift;
  return [
    `  labels are ${distance.toFixed(3)} from ${baseline} (chance explains ${allowance.toFixed(3)}, threshold ${threshold})${isViolated ? ': violated' : ''}`,
  ];
}

function shownParts({ parts }: BatchState): readonly PartState[] {
  if (parts.length <= PARTS_SHOWN) return parts;
  return parts.filter(({ phase }) => phase !== 'done' && phase !== 'scan').slice(0, PARTS_SHOWN);
}
