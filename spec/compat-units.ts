import { formatDuration } from './duration';
import type { Incompatibility, Path } from './problem';
import type { GuardSpec, RolloutSpec } from './types';

/** Exposures are read back this far at every look. */
const LONGEST_WINDOW_MS = 7 * 86_400_000;

/** Guards that count what nobody draws, or whom nobody names. */
export function unitIncompatibilities(spec: RolloutSpec, guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (guard.kind === 'split') return splitUnnamed(spec, path);
  if ((guard.kind !== 'errors' && guard.kind !== 'quality') || guard.users === undefined) return [];
  const { routing, exposures, schema, stages } = spec;
  const { windowMs } = guard.users;
  const at = { path: [...path, 'unit'], about: 'value', found: 'user' } as const;
  const kind: Path = [...path, 'kind'];
  if (routing.by === 'weights') {
    return [
      {
        ...at,
        allowed: '`request` with `routing: weights`',
        nearest: 'request',
        message: `The \`${guard.kind}\` guard counts users, but variant weights draw every request anew: one user meets both models.`,
        remedy: 'Write `unit: request`, or `routing: { gateway: s3://… }`.',
        restsOn: [['routing']],
      },
    ];
  }
  if (exposures === undefined && (guard.kind === 'errors' || schema.user === undefined)) {
    const instead = guard.kind === 'quality' ? ", or `schema: { user: '$.userId' }`" : '';
    return [
      {
        ...at,
        allowed: 'users together with exposures',
        message: `The \`${guard.kind}\` guard counts users, but the file does not say where the gateway writes whom it answered.`,
        remedy: `Add \`exposures: { from: s3://… }\`${instead}.`,
        restsOn: [kind, ['exposures'], ['schema', 'user']],
      },
    ];
  }
  if (guard.kind === 'errors' && stages.some((stage) => stage.kind === 'linear' && stage.extraFailures !== null)) {
    return [
      {
        ...at,
        allowed: '`request` beside a harmBudget',
        nearest: 'request',
        message: 'The `errors` guard counts users, but the `harmBudget` is a number of failed requests.',
        remedy: 'Write `unit: request`, or give the shares by time.',
        restsOn: [kind, ['stages']],
      },
    ];
  }
  if (windowMs >= spec.tickMs && windowMs <= LONGEST_WINDOW_MS) return [];
  return [
    {
      path: [...path, 'unit', 'user'],
      about: 'value',
      found: formatDuration(windowMs),
      allowed: `${formatDuration(spec.tickMs)} to ${formatDuration(LONGEST_WINDOW_MS)}`,
      message:
        windowMs < spec.tickMs
          ? `A user would count once in ${formatDuration(windowMs)}, less than one tick.`
          : `A user would count once in ${formatDuration(windowMs)}; what gateways wrote is read back for at most ${formatDuration(LONGEST_WINDOW_MS)}.`,
      remedy: 'Write for example `unit: { user: 1h }`.',
      restsOn: [['tick']],
    },
  ];
}

/** A gateway draws users: how many requests each of them sends is no draw, and who they are stands in the exposures alone. */
function splitUnnamed({ routing, exposures }: RolloutSpec, path: Path): readonly Incompatibility[] {
  if (routing.by !== 'gateway' || exposures !== undefined) return [];
  return [
    {
      path: [...path, 'kind'],
      about: 'value',
      found: 'split',
      restsOn: [[...path, 'kind'], ['routing'], ['exposures']],
      allowed: 'split together with exposures where a gateway draws users',
      message:
        'The `split` guard would count requests, but a gateway draws users, whose requests stay together: a right split would look wrong.',
      remedy: 'Add `exposures: { from: s3://… }`, so that it counts users.',
    },
  ];
}
