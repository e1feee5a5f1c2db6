import { guard } from './guards-schema';
import type { RolloutFile } from './schema';
import { toStage } from './to-stage';
import type { Candidate, GuardSpec, Margin, RolloutSpec, Routing, WatchSettings } from './types';

const GUARD = guard();

type FileGuard = NonNullable<RolloutFile['guards']>[number];
type FileCandidate = RolloutFile['candidates'][number];

/** The file in the words of the program: units in the names, unions told apart by `kind`, stage defaults settled. */
export function toSpec(file: RolloutFile): RolloutSpec {
  const { aws, capture, baseline, counts, groundTruth } = file;
  return {
    endpoint: file.endpoint,
    aws: { role: aws.role, ...given('kms', aws.kms), ...given('vpc', aws.vpc), tags: aws.tags },
    capture: { to: capture.to, samplingPct: capture.sampling, contentTypes: capture.contentTypes },
    schema: given('prediction', file.schema.prediction),
    ...given('groundTruth', groundTruth && { from: groundTruth.from, maturityMs: groundTruth.maturity }),
    counts: counts === 'cloudwatch' ? { from: 'cloudwatch' } : { from: 'gateway', uri: counts.from },
    tickMs: file.tick,
    candidates: toCandidates(file.candidates),
    baseline: { lookbackMs: baseline.lookback, atLeast: baseline.atLeast, atMostMs: baseline.atMost },
    budget: file.budget,
    guards: file.guards?.map(toGuard) ?? defaultGuards(file),
    onInconclusive: file.onInconclusive,
    routing: toRouting(file.routing),
    stages: file.stages.map((stage) => toStage(stage, file)),
    ...given('watch', file.watch && toWatch(file.watch)),
    onNewer: file.onNewer,
  };
}

/** A key only when there is a value: absent and undefined are not the same to `exactOptionalPropertyTypes`, nor to JSON. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V };
function given(key: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [key]: value };
}

function toCandidates([first, ...rest]: readonly FileCandidate[]): readonly [Candidate, ...Candidate[]] {
  if (first === undefined) throw new TypeError('a checked rollout file has a candidate');
  return [toCandidate(first), ...rest.map(toCandidate)];
}

function toCandidate({ name, container, instance }: FileCandidate): Candidate {
  const { image, artifact, environment } = container;
  return { name, container: { image, ...given('artifact', artifact), environment }, instance };
}

/** One guard of the file in the words of the program. */
export function toGuard(file: FileGuard): GuardSpec {
  const { rollbackAt, required } = file;
  const promoteWithin = toMargin(file.promoteWithin);
  switch (file.kind) {
    case 'errors': {
      const slo = given('slo', file.slo ?? undefined);
      return { kind: 'errors', statuses: file.statuses, rollbackAt, promoteWithin, ...slo, required };
    }
    case 'quality':
      return { kind: 'quality', metric: file.metric, rollbackAt, promoteWithin, required };
  }
}

/** Errors always; quality as soon as the file says where labels come from. */
function defaultGuards(file: RolloutFile): readonly GuardSpec[] {
  const kinds = file.groundTruth === undefined ? ['errors'] : ['errors', 'quality'];
  return kinds.map((kind) => toGuard(GUARD.parse({ kind })));
}

/** A margin of the file, told apart by `kind`. */
export function toMargin({ oddsRatio, absolute }: FileGuard['promoteWithin']): Margin {
  if (oddsRatio !== undefined) return { kind: 'oddsRatio', oddsRatio };
  if (absolute !== undefined) return { kind: 'absolute', difference: absolute };
  throw new TypeError('a checked margin has one of its two forms');
}

function toRouting(routing: RolloutFile['routing']): Routing {
  if (routing === 'weights') return { by: 'weights' };
  return { by: 'gateway', to: routing.gateway, expiresMs: routing.expires };
}

function toWatch({ for: forMs, holdback, keep }: NonNullable<RolloutFile['watch']>): WatchSettings {
  return { forMs, holdbackPct: holdback ?? (keep === 'warm' ? 2 : 0), keep };
}
