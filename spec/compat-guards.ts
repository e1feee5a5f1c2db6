import { evidenceIncompatibilities } from './compat-evidence';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatFraction } from './share';
import type { GuardSpec, RolloutSpec } from './types';

/** Kinds of which a second one could only repeat the first. */
const ONCE: readonly GuardSpec['kind'][] = [
  'errors',
  'quality',
  'shadow',
  'latency',
  'split',
  'captureLoss',
  'labelLoss',
];

/** What a tally remembers at most. */
const LONGEST_WINDOW = 240;

/** How much worse is still good enough, in any of the forms of any kind. */
interface AnyMargin {
  readonly kind?: string;
  readonly oddsRatio?: number;
  readonly ratio?: number;
  readonly difference?: number;
}

/** Guards that cannot judge, or whose limits no evidence can meet. */
export function guardIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const { guards } = spec;
  return [
    ...noneRequired(guards),
    ...guards.flatMap((guard, index) => {
      const path = ['guards', index];
      return [
        ...repeated(guards, index),
        ...ofMargins(guard, path),
        ...ofSlo(guard, path),
        ...ofShares(guard, path),
        ...ofWindow(guard, path),
      ];
    }),
    ...evidenceIncompatibilities(spec),
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
  if (kind === undefined || earlier === -1 || !ONCE.includes(kind)) return [];
  return [
    {
      path: ['guards', index, 'kind'],
      about: 'value',
      found: kind,
      allowed: 'one guard of this kind',
      message: `\`guards[${index}]\` is a second \`${kind}\` guard, beside \`guards[${earlier}]\`.`,
      remedy: 'Keep one of them.',
      restsOn: [['guards', earlier, 'kind']],
    },
  ];
}

function ofMargins(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const found: Incompatibility[] = [];
  if ('rollbackAt' in guard && !(guard.rollbackAt.oddsRatio >= 1)) {
    const harm = [...path, 'rollbackAt', 'oddsRatio'];
    const message = `\`${formatPath(harm)}\` is ${guard.rollbackAt.oddsRatio}: a candidate that is better than the incumbent would be rolled back.`;
    found.push({
      ...on(harm),
      found: String(guard.rollbackAt.oddsRatio),
      allowed: 'an odds ratio of 1 or more',
      nearest: '1',
      message,
      remedy: 'Write `oddsRatio: 1`.',
    });
  }
  const margin: AnyMargin = ('promoteWithin' in guard ? guard.promoteWithin : null) ?? {};
  for (const [key, example, what] of [
    ['oddsRatio', 1.5, 'an odds ratio above 1'],
    ['ratio', 1.25, 'a ratio above 1'],
  ] as const) {
    const value = margin[key];
    if (value === undefined || value > 1) continue;
    const at = [...path, 'promoteWithin', key];
    found.push({
      ...on(at),
      found: String(value),
      allowed: what,
      message: `\`${formatPath(at)}\` is ${value}: a candidate as good as the incumbent could never be promoted.`,
      remedy: `Write for example \`${key}: ${example}\`.`,
    });
  }
  // A difference of rates; that of means has no largest value.
  const difference = margin.kind === 'absolute' ? margin.difference : undefined;
  if (difference !== undefined && !(difference > 0 && difference < 1)) {
    const at = [...path, 'promoteWithin', 'absolute'];
    const written = formatFraction(difference);
    const reason =
      difference > 0 ? 'any candidate is within it' : 'a candidate as good as the incumbent could never be promoted';
    found.push({
      ...on(at),
      found: written,
      allowed: 'more than 0% and less than 100%',
      message: `\`${formatPath(at)}\` is ${written}: ${reason}.`,
      remedy: 'Write for example `absolute: 2%`.',
    });
  }
  return found;
}

function ofSlo(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (guard.kind !== 'errors' && guard.kind !== 'shadow') return [];
  const limit = guard.slo ?? null;
  if (limit === null || (limit > 0 && limit < 1)) return [];
  const slo = [...path, 'slo'];
  const written = formatFraction(limit);
  const reason = limit > 0 ? 'every candidate meets it' : 'no number of clean requests can show it';
  return [
    {
      ...on(slo),
      found: written,
      allowed: 'more than 0% and less than 100%, or none',
      message: `\`${formatPath(slo)}\` is ${written}: ${reason}.`,
      remedy: 'Write for example `slo: 0.5%`, or `slo: none`.',
    },
  ];
}

/** Probabilities and shares of the guards that watch over the evidence. */
function ofShares(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  const shares = [
    ...('alpha' in guard ? [['alpha', guard.alpha, '0.1%'] as const] : []),
    ...('tolerated' in guard && guard.tolerated !== null ? [['tolerated', guard.tolerated, '1%'] as const] : []),
  ];
  return shares
    .filter(([, share]) => !(share > 0 && share < 1))
    .map(([key, share, example]) => {
      const at = [...path, key];
      const written = formatFraction(share);
      const reason = share > 0 ? 'it would hold nothing' : 'no evidence is enough for it';
      const none = key === 'tolerated' ? ', or `tolerated: none`' : '';
      return {
        ...on(at),
        found: written,
        allowed: `more than 0% and less than 100%${key === 'tolerated' ? ', or none' : ''}`,
        message: `\`${formatPath(at)}\` is ${written}: ${reason}.`,
        remedy: `Write for example \`${key}: ${example}\`${none}.`,
      };
    });
}

/** A sliding window must be long enough for what is asked within it. */
function ofWindow(guard: GuardSpec, path: Path): readonly Incompatibility[] {
  if (!('windowTicks' in guard) || guard.windowTicks === null) return [];
  const { windowTicks, allowedFailures, leastTicks } = guard;
  const least = Math.max(allowedFailures + 1, leastTicks);
  if (windowTicks >= least && windowTicks <= LONGEST_WINDOW) return [];
  const at = [...path, 'window'];
  const reason =
    windowTicks > LONGEST_WINDOW
      ? `no more than ${LONGEST_WINDOW} ticks are remembered`
      : windowTicks <= allowedFailures
        ? `it could never hold more than ${allowedFailures} bad ticks, so the guard could not fail`
        : `it could never hold ${leastTicks} ticks, so the guard could not pass`;
  return [
    {
      ...on(at),
      restsOn: [
        [...path, 'allowedFailures'],
        [...path, 'leastTicks'],
      ],
      found: String(windowTicks),
      allowed: `${least} to ${LONGEST_WINDOW}`,
      message: `\`${formatPath(at)}\` is ${windowTicks}: ${reason}.`,
      remedy: `Write \`window: ${Math.min(LONGEST_WINDOW, least)}\`${windowTicks > LONGEST_WINDOW ? ' or less' : ' or more'}.`,
    },
  ];
}

function on(path: Path): Pick<Incompatibility, 'path' | 'about' | 'restsOn'> {
  return { path, about: 'value', restsOn: [] };
}
