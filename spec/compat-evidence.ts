import { unitIncompatibilities } from './compat-units';
import { eventNames } from './compat-words';
import { responsibleIncompatibilities } from './compat-responsible';
import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import type { GuardSpec, RolloutSpec } from './types';

/** Largest step between two bounds that the gateway counts latency at. */
const GATEWAY_STEP = 1.06;
const MINUTE_MS = 60_000;

/** Guards whose evidence the file does not say where to find. */
export function evidenceIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [
    ...spec.guards.flatMap((guard, index) => {
      const path: Path = ['guards', index];
      return [
        ...labelled(spec, guard, path),
        ...predicted(spec, guard, path),
        ...paired(spec, guard, path),
        ...unitIncompatibilities(spec, guard, path),
        ...ofEvent(spec, guard, path),
        ...ofValue(guard, path),
        ...ofLatency(spec, guard, path),
        ...responsibleIncompatibilities(spec, guard, path),
      ];
    }),
    ...captured(spec),
    ...ofEvents(spec),
  ];
}

const NEEDS_LABELS: readonly GuardSpec['kind'][] = ['quality', 'shadow', 'labelLoss'];
const NEEDS_PREDICTIONS: readonly GuardSpec['kind'][] = [...NEEDS_LABELS, 'outputDrift', 'bias'];

function labelled({ groundTruth }: RolloutSpec, guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const byLabels = guard.kind === 'bias' && guard.metric !== 'DPPL' && guard.metric !== 'DI';
  if (groundTruth !== undefined || !(byLabels || NEEDS_LABELS.includes(guard.kind))) return [];
  return [
    {
      ...ofKind(guard, path),
      restsOn: [[...path, 'kind'], ['groundTruth']],
      allowed: `${guard.kind} together with groundTruth`,
      message: `The \`${guard.kind}\` guard needs labels, but the file has no \`groundTruth\`.`,
      remedy: 'Add `groundTruth: { from: s3://…, maturity: 2h }`, or remove the guard.',
    },
  ];
}

function predicted({ schema }: RolloutSpec, guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (schema.prediction !== undefined || !NEEDS_PREDICTIONS.includes(guard.kind)) return [];
  return [
    {
      ...ofKind(guard, path),
      restsOn: [[...path, 'kind'], ['groundTruth'], ['schema', 'prediction']],
      allowed: `${guard.kind} together with schema.prediction`,
      message: `The \`${guard.kind}\` guard needs to know where the prediction stands in the response, but the file has no \`schema.prediction\`.`,
      remedy: "Add `schema: { prediction: '$.predictions[0].label' }`, or a CSV column index.",
    },
  ];
}

/** Two answers to one request exist only while a shadow variant gets copies. */
function paired({ stages }: RolloutSpec, guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const kinds: readonly string[] = stages.map(({ kind }) => kind);
  if ((guard.kind !== 'shadow' && guard.kind !== 'shadowScore') || kinds.includes('shadow')) return [];
  return [
    {
      ...ofKind(guard, path),
      restsOn: [[...path, 'kind'], ['stages']],
      allowed: `${guard.kind} together with a shadow stage`,
      message: `The \`${guard.kind}\` guard compares two answers to one request, which only a \`shadow\` stage has.`,
      remedy:
        guard.kind === 'shadow'
          ? 'Use a `quality` guard, or add a `shadow` stage.'
          : 'Use a `mean` guard, or add a `shadow` stage.',
    },
  ];
}

function ofEvent(
  { events = {}, schema, exposures }: RolloutSpec,
  guard: GuardSpec,
  path: Path
): readonly Incompatibility[] {
  const isOutcome = guard.kind === 'business' || guard.kind === 'goal';
  if (!isOutcome && guard.kind !== 'mean') return [];
  const name = guard.kind === 'mean' ? (guard.of?.from === 'event' ? guard.of.event : null) : guard.event;
  const known = eventNames(events);
  const listed = known.length === 0 ? 'a name among `events`, of which the file has none' : known.join(' | ');
  const restsOn: readonly Path[] = [[...path, 'kind'], ['events']];
  if (isOutcome && name === null) {
    const remedy = `Add \`event: ${known[0] ?? 'conversion'}\`${known.length === 0 ? ' and `events: { conversion: { from: s3://… } }`' : ''}.`;
    const message = `The \`${guard.kind}\` guard does not say which event it counts.`;
    return [
      { path: [...path, 'event'], about: 'missing', found: 'nothing', allowed: listed, message, remedy, restsOn },
    ];
  }
  const source = name !== null && Object.hasOwn(events, name) ? events[name] : undefined;
  if (name !== null && source === undefined) {
    const at = [...path, 'event'];
    return [
      {
        path: at,
        about: 'value',
        found: name,
        allowed: listed,
        names: known,
        message: `\`${formatPath(at)}\` is ${name}, which is not among \`events\`.`,
        remedy: `Add \`${name}: { from: s3://… }\` to \`events\`.`,
        restsOn,
      },
    ];
  }
  const found: Incompatibility[] = [];
  if (source !== undefined && guard.unit !== source.unit) {
    const at = [...path, 'unit'];
    found.push({
      path: at,
      about: 'value',
      found: guard.unit,
      allowed: source.unit,
      nearest: source.unit,
      message: `\`${formatPath(at)}\` is ${guard.unit}, but the event \`${name}\` names a ${source.unit}.`,
      remedy: `Write \`unit: ${source.unit}\`, or leave it out.`,
      restsOn,
    });
  } else if (guard.unit === 'user' && schema.user === undefined && exposures === undefined) {
    found.push({
      ...ofKind(guard, path),
      allowed: 'users together with schema.user',
      message: `The \`${guard.kind}\` guard counts users, but the file does not say where the user's id stands in the request.`,
      remedy: "Add `schema: { user: '$.userId' }`, or `exposures: { from: s3://… }` of a gateway.",
      restsOn: [...restsOn, [...path, 'unit'], ['schema', 'user'], ['exposures']],
    });
  }
  return found;
}

function ofValue(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const isMissing =
    (guard.kind === 'mean' && guard.of === null) ||
    ((guard.kind === 'shadowScore' || guard.kind === 'attribution') && guard.value === null);
  if (!isMissing) return [];
  const event = guard.kind === 'mean' ? ' or `event`' : '';
  return [
    {
      path: [...path, 'value'],
      about: 'missing',
      found: 'nothing',
      allowed: `\`value\`${event}`,
      message: `The \`${guard.kind}\` guard does not say which value it looks at.`,
      remedy: "Write for example `value: '$.predictions[0].score'`.",
      restsOn: [[...path, 'kind']],
    },
  ];
}

function ofLatency({ counts }: RolloutSpec, guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (guard.kind !== 'latency' || counts.from !== 'gateway') return [];
  const { ratio } = guard.promoteWithin;
  if (ratio <= 1 || ratio >= GATEWAY_STEP) return [];
  const at = [...path, 'promoteWithin', 'ratio'];
  return [
    {
      path: at,
      about: 'value',
      found: String(ratio),
      allowed: `${GATEWAY_STEP} or more with counts from a gateway`,
      nearest: String(GATEWAY_STEP),
      message: `\`${formatPath(at)}\` is ${ratio}, but the gateway counts latency in steps of up to ${GATEWAY_STEP}.`,
      remedy: `Write \`ratio: ${GATEWAY_STEP}\` or more, or \`counts: cloudwatch\`.`,
      restsOn: [['counts'], [...path, 'kind']],
    },
  ];
}

/** What reads captured requests sees nothing without them. */
function captured({ guards, capture, groundTruth }: RolloutSpec): readonly Incompatibility[] {
  const index = guards.findIndex((guard) => {
    const kinds: readonly GuardSpec['kind'][] = [
      ...NEEDS_PREDICTIONS,
      'business',
      'goal',
      'mean',
      'shadowScore',
      'captureLoss',
      'inputDrift',
      'attribution',
    ];
    return kinds.includes(guard.kind);
  });
  const kind = guards[index]?.kind;
  if (kind === undefined || capture.samplingPct > 0) return [];
  const restsOn: readonly Path[] = [['guards', index, 'kind'], ...(groundTruth === undefined ? [] : [['groundTruth']])];
  return [
    {
      path: ['capture', 'sampling'],
      about: 'value',
      restsOn,
      found: '0%',
      allowed: `more than 0% with a ${kind} guard`,
      message: `\`capture.sampling\` is 0%, so the \`${kind}\` guard would see no predictions.`,
      remedy: 'Write `sampling: 100%`.',
    },
  ];
}

/** Events are read by the hour of their folders, as labels are; a window of weeks would read weeks at every look. */
function ofEvents({ events = {} }: RolloutSpec): readonly Incompatibility[] {
  const longestMs = 7 * 24 * 60 * MINUTE_MS;
  return Object.entries(events)
    .filter(([, { windowMs }]) => windowMs > longestMs)
    .map(([name, { windowMs }]) => ({
      path: ['events', name, 'window'],
      about: 'value',
      found: formatDuration(windowMs),
      allowed: `at most ${formatDuration(longestMs)}`,
      message: `\`events.${name}.window\` is ${formatDuration(windowMs)}; the guard would know nothing before that.`,
      remedy: 'Write a shorter window, for example `window: 30m`.',
      restsOn: [],
    }));
}

function ofKind(guard: GuardSpec, path: Path): Pick<Incompatibility, 'path' | 'about' | 'found'> {
  return { path: [...path, 'kind'], about: 'value', found: guard.kind };
}
