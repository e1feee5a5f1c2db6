import { given } from './given';
import { guard } from './guards-schema';
import type { RolloutFile } from './schema';
import { toBatches } from './to-batch';
import { toCandidates } from './to-candidate';
import { toGuard } from './to-guard';
import { reportsBelow, toMonitors, toRetraining } from './to-monitor';
import type { Counting } from './to-guard';
import { toStage } from './to-stage';
import type { BaselineSettings, EventSource, GuardSpec, RolloutSpec, Routing, WatchSettings } from './types';

const GUARD = guard();

/** The file in the words of the program: units in the names, unions told apart by `kind`, stage defaults settled. */
export function toSpec(file: RolloutFile): RolloutSpec {
  const { aws, capture, counts, groundTruth } = file;
  return {
    endpoint: file.endpoint,
    aws: { role: aws.role, ...given('kms', aws.kms), ...given('vpc', aws.vpc), tags: aws.tags },
    capture: {
      to: capture.to,
      samplingPct: capture.sampling,
      contentTypes: capture.contentTypes,
      lagMs: capture.lag,
    },
    schema: {
      ...given('prediction', file.schema.prediction),
      ...given('user', file.schema.user),
      ...given('facets', file.schema.facets),
    },
    ...given('groundTruth', groundTruth && { from: groundTruth.from, maturityMs: groundTruth.maturity }),
    ...given('exposures', file.exposures),
    ...given('transforms', file.transforms),
    ...given('events', file.events && toEvents(file.events)),
    counts: counts === 'cloudwatch' ? { from: 'cloudwatch' } : { from: 'gateway', uri: counts.from },
    tickMs: file.tick,
    candidates: toCandidates(file.candidates),
    baseline: toBaseline(file),
    budget: file.budget,
    guards: file.guards?.map((one) => toGuard(one, countingOf(file))) ?? defaultGuards(file),
    onInconclusive: file.onInconclusive,
    routing: toRouting(file.routing),
    stages: file.stages.map((stage) => toStage(stage, file)),
    ...given('watch', file.watch && toWatch(file.watch)),
    onNewer: file.onNewer,
    ...given('batch', file.batch && toBatches(file.batch)),
    ...given('monitors', file.monitors && toMonitors(file.monitors, file)),
    ...given('retraining', file.retraining && toRetraining(file.retraining)),
  };
}

function toBaseline({ baseline, capture }: RolloutFile): BaselineSettings {
  const { lookback: lookbackMs, atLeast, atMost: atMostMs, dataset, label, prediction, problem, to } = baseline;
  const data =
    dataset === undefined
      ? undefined
      : {
          dataset,
          ...given('label', label),
          ...given('prediction', prediction),
          ...given('problem', problem),
          to: to ?? reportsBelow(capture.to),
        };
  return { lookbackMs, atLeast, atMostMs, ...given('data', data) };
}

function toEvents(events: NonNullable<RolloutFile['events']>): Readonly<Record<string, EventSource>> {
  const entries = Object.entries(events).map(([name, { from, window, unit }]) => {
    const source: EventSource = { from, windowMs: window, unit };
    return [name, source] as const;
  });
  return Object.fromEntries(entries);
}

/** Errors always; quality as soon as the file says where labels come from. */
function defaultGuards(file: RolloutFile): readonly GuardSpec[] {
  const kinds = file.groundTruth === undefined ? ['errors'] : ['errors', 'quality'];
  return kinds.map((kind) => toGuard(GUARD.parse({ kind }), countingOf(file)));
}

function countingOf({ events, routing, exposures, stages }: RolloutFile): Counting {
  return {
    events,
    drawsUsers: routing !== 'weights' && exposures !== undefined,
    budgetsRequests: stages.some(({ linear }) => linear?.harmBudget !== undefined),
  };
}

function toRouting(routing: RolloutFile['routing']): Routing {
  if (routing === 'weights') return { by: 'weights' };
  return { by: 'gateway', to: routing.gateway, expiresMs: routing.expires };
}

function toWatch({ for: forMs, holdback, keep }: NonNullable<RolloutFile['watch']>): WatchSettings {
  return { forMs, holdbackPct: holdback ?? (keep === 'warm' ? 2 : 0), keep };
}
