import type { z } from 'zod';
import { given } from './given';
import type { guard } from './guards-schema';
import type { GuardSpec, Margin, ValueSource } from './types';

/** A guard as it stands in a file, defaults filled in. */
export type FileGuard = z.output<ReturnType<typeof guard>>;

/** What the rest of the file says about what guards count. */
export interface Counting {
  /** Units of the file's events, by name. */
  readonly events?: Readonly<Record<string, { readonly unit: 'request' | 'user' }>> | undefined;
  /** Whether a gateway draws users and writes down whom it answered. */
  readonly drawsUsers?: boolean;
  /** Whether a stage has a budget of failed requests. */
  readonly budgetsRequests?: boolean;
}

/** How long a user counts once, where the file does not say. */
const USER_WINDOW_MS = 3_600_000;

const DEFAULT_QUANTILES = [0.5, 0.9, 0.99];

/** One guard of the file in the words of the program. What it counts is by default what its event is about. */
export function toGuard(file: FileGuard, counting: Counting = {}): GuardSpec {
  const { events = {} } = counting;
  const unitOf = (event: string | undefined, own: 'request' | 'user' | undefined) =>
    own ?? (event !== undefined && Object.hasOwn(events, event) ? events[event]?.unit : undefined) ?? 'request';
  switch (file.kind) {
    case 'errors':
    case 'quality':
      return toRateGuard(file, counting);
    case 'business':
      return {
        ...file,
        event: file.event ?? null,
        unit: unitOf(file.event, file.unit),
        promoteWithin: toMargin(file.promoteWithin),
      };
    case 'goal':
      return { ...file, event: file.event ?? null, unit: unitOf(file.event, file.unit), promoteWithin: null };
    case 'latency': {
      const { incumbent, quantiles, mode, ...rest } = file;
      return {
        ...rest,
        quantiles: incumbent?.map(({ quantile }) => quantile) ?? quantiles ?? DEFAULT_QUANTILES,
        incumbentMs: incumbent?.map(({ ms }) => ms) ?? null,
        mode: mode ?? null,
      };
    }
    case 'mean': {
      const { value, event, points, ...rest } = file;
      return { ...rest, of: toSource(value, event), unit: unitOf(event, file.unit), points: points ?? null };
    }
    case 'shadowScore':
      return { ...file, value: file.value ?? null };
    case 'threshold': {
      const { above, below, window, dimensions, ...rest } = file;
      const limit = above !== undefined ? { above } : { below: below ?? 0 };
      return { ...rest, dimensions: dimensions ?? null, limit, windowTicks: window ?? null };
    }
    case 'alarm': {
      const { window, missingData, ...rest } = file;
      return { ...rest, missingData: missingData ?? null, windowTicks: window ?? null };
    }
    case 'webhook': {
      const { window, timeout, ...rest } = file;
      return { ...rest, timeoutMs: timeout, windowTicks: window ?? null };
    }
    case 'outputDrift': {
      const { window, every, ...rest } = file;
      return { ...rest, windowTicks: window ?? null, everyTicks: every };
    }
    case 'inputDrift': {
      const { window, every, features, ...rest } = file;
      return { ...rest, features: features ?? null, windowTicks: window ?? null, everyTicks: every };
    }
    case 'bias': {
      const { window, every, values, positive, ...rest } = file;
      const given = { values: values ?? null, positive: positive ?? null };
      return { ...rest, ...given, windowTicks: window ?? null, everyTicks: every };
    }
    case 'attribution': {
      const { window, every, value, features, text, baseline, ...rest } = file;
      return {
        ...rest,
        value: value ?? null,
        features:
          text !== undefined
            ? { from: 'words', text }
            : features === undefined
              ? { from: 'columns' }
              : { from: 'places', places: features },
        baseline: baseline ?? null,
        windowTicks: window ?? null,
        everyTicks: every,
      };
    }
    case 'split':
      return counting.drawsUsers === true ? { ...file, unit: 'user' } : file;
    case 'shadow':
    case 'captureLoss':
    case 'labelLoss':
      return file;
  }
}

function toRateGuard(
  file: Extract<FileGuard, { readonly kind: 'errors' | 'quality' }>,
  { drawsUsers = false, budgetsRequests = false }: Counting
): GuardSpec {
  const { rollbackAt, required } = file;
  const promoteWithin = toMargin(file.promoteWithin);
  const common = {
    rollbackAt,
    promoteWithin,
    required,
    ...given('weight', file.weight === 1 ? undefined : file.weight),
    ...given(
      'users',
      usersOf(file.unit ?? (drawsUsers && !(budgetsRequests && file.kind === 'errors') ? 'user' : 'request'))
    ),
  };
  if (file.kind === 'quality') return { kind: 'quality', metric: file.metric, ...common };
  return { kind: 'errors', statuses: file.statuses, ...given('slo', file.slo ?? undefined), ...common };
}

function usersOf(unit: NonNullable<Extract<FileGuard, { readonly kind: 'errors' }>['unit']>) {
  if (unit === 'request') return undefined;
  return { windowMs: unit === 'user' ? USER_WINDOW_MS : unit.user };
}

function toSource(path: string | undefined, event: string | undefined): ValueSource | null {
  if (path !== undefined) return { from: 'answer', path };
  return event === undefined ? null : { from: 'event', event };
}

function toMargin(written: {
  readonly oddsRatio?: number | undefined;
  readonly absolute?: number | undefined;
}): Margin {
  if (written.oddsRatio !== undefined) return { kind: 'oddsRatio', oddsRatio: written.oddsRatio };
  if (written.absolute !== undefined) return { kind: 'absolute', difference: written.absolute };
  throw new TypeError('a checked margin has one of its two forms');
}
