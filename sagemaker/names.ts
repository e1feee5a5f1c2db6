import { createHash } from 'node:crypto';
import type { Tag } from '@aws-sdk/client-sagemaker';
import type { Candidate, RolloutSpec } from '../spec/types';

/** SageMaker's limit for models, endpoint configs, endpoints and variants. */
const MAX_NAME_LENGTH = 63;

/** Tags that Sluice puts on all it makes. */
export const TAGS = {
  endpoint: 'sluice:endpoint',
  rollout: 'sluice:rollout',
  content: 'sluice:content',
  version: 'sluice:version',
  batch: 'sluice:batch',
} as const;

/** Tags as SageMaker takes them. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Names of what one rollout makes. A model's carries a hash of its content, so the same name always means the same model. */
export function resourceNames(
  spec: RolloutSpec,
  number: number
): {
  readonly models: Readonly<Record<string, string>>;
  readonly split: string;
  readonly shadowed: string;
  readonly sliced: string;
  readonly single: Readonly<Record<string, string>>;
} {
  const stemOf = ({ name }: Candidate): string => `${spec.endpoint}-${name}`;
  const each = (nameOf: (candidate: Candidate) => string): Readonly<Record<string, string>> =>
    Object.fromEntries(spec.candidates.map((candidate) => [candidate.name, nameOf(candidate)]));
  const config = (suffix: string): string => fit(stemOf(spec.candidates[0]), `-r${number}-${suffix}`);
  return {
    models: each((candidate) => fit(stemOf(candidate), `-${modelHash(spec, candidate)}`)),
    split: config('split'),
    shadowed: config('shadow'),
    sliced: config('slices'),
    single: each((candidate) => fit(stemOf(candidate), `-r${number}`)),
  };
}

/** A transform job: `date-part-attempt` of a run of a batch. Job names are used once and never free again, so the run is part of it. */
export function transformJobName(of: {
  readonly endpoint: string;
  readonly batch: string;
  readonly nominalMs: number;
  readonly run: string;
  readonly part: number;
  /** `1`, `2`, … or `c` for the challenger's. */
  readonly attempt: string;
}): string {
  const date = new Date(of.nominalMs).toISOString().slice(0, 10).replaceAll('-', '');
  return fit(`${of.endpoint}-${of.batch}`, `-${of.run}-${date}-${of.part}-${of.attempt}`);
}

/** A model that a batch pins; its content is part of the name, so the same name always means the same model. */
export function batchModelName(of: {
  readonly endpoint: string;
  readonly batch: string;
  readonly content: unknown;
  readonly run: string;
}): string {
  return fit(`${of.endpoint}-${of.batch}`, `-${of.run}-${contentHash(of.content).slice(0, 8)}`);
}

/** The Processing job of a monitor that writes to `output` what it makes of this evidence: one question, one name, so that a repetition finds it. */
export function monitorJobName(of: {
  readonly endpoint: string;
  readonly monitor: string;
  readonly output: string;
  /** SHA-256 over what is read: other data, other name, for a job's name is never free again. */
  readonly sha256: string;
}): string {
  const stem = `${of.endpoint}-${of.monitor}`.slice(0, 40).replace(/-+$/, '');
  // `-join` of a second job, and the number of an attempt, have to fit, too.
  return fit(stem, `-${contentHash(`${of.output} ${of.sha256}`).slice(0, 12)}`);
}

/** SageMaker's monitoring schedule of a monitor. */
export function monitoringScheduleName({
  endpoint,
  monitor,
}: {
  readonly endpoint: string;
  readonly monitor: string;
}): string {
  return fit(`${endpoint}-${monitor}`, '');
}

/** A job definition cannot be changed: its content is part of the name. */
export function jobDefinitionName(of: {
  readonly endpoint: string;
  readonly monitor: string;
  readonly definition: unknown;
}): string {
  return fit(`${of.endpoint}-${of.monitor}`, `-${contentHash(of.definition).slice(0, 8)}`);
}

/** The job that makes an endpoint's `number`-th new model; a repetition within the run finds it by this name. */
export function retrainingJobName(of: {
  readonly endpoint: string;
  readonly number: number;
  readonly run: string;
}): string {
  // The number of an attempt has to fit, too.
  return fit(of.endpoint.slice(0, 40).replace(/-+$/, ''), `-retrain-${of.number}-${of.run}`);
}

/** The second slice of an incumbent that is compared with itself. */
export function twinOf(variant: string): string {
  return fit(variant, '-twin');
}

/** The copy of an arm's model that one rollout or monitor asks, on an endpoint of its own. */
export function ephemeralName(endpoint: string, arm: string, owner: string): string {
  return fit(`${endpoint}-${arm}`, `-x${contentHash(owner).slice(0, 8)}`);
}

function modelHash({ aws }: RolloutSpec, { model }: Candidate): string {
  return contentHash({ model, role: aws.role, vpc: aws.vpc ?? null }).slice(0, 8);
}

/** SHA-256 of a JSON value, independent of the order of its keys, in hex. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex');
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  );
}

/** Shortens the readable part, never the suffix; a shortened name carries a hash of the whole so that two never meet. */
function fit(stem: string, suffix: string): string {
  if (stem.length + suffix.length <= MAX_NAME_LENGTH) return stem + suffix;
  const hash = createHash('sha256').update(stem).digest('hex').slice(0, 6);
  const room = MAX_NAME_LENGTH - suffix.length - hash.length - 1;
  return `${stem.slice(0, room).replace(/-+$/, '')}-${hash}${suffix}`;
}
