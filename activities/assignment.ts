import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { assignmentDocument, renewedAssignment } from '../gateway/assignment-document';
import type { AssignmentRequest } from '../gateway/assignment-document';
import { assignmentKey, formatAssignment, parseAssignment } from '../gateway/assignment-format';
import type { AssignmentDocument } from '../gateway/assignment-format';
import { parseS3Location } from '../gateway/s3-location';
import { OTHER_SEGMENT, variantShares } from '../rollout';
import type { Layout, SegmentShares } from '../rollout';
import { FailureError, isNotFound } from '../sagemaker/faults';
import type { RolloutSpec } from '../spec/types';
import type { ActivityDeps } from './deps';
import type { NamedContext } from './types';

/** Publishes what gateways follow from now on; does nothing where variant weights alone decide. */
export async function publishAssignment(deps: ActivityDeps, context: NamedContext, layout: Layout): Promise<void> {
  const { spec, incumbent } = context;
  if (spec.routing.by !== 'gateway') return;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to share the traffic with.');
  const { segments: bySegment } = layout;
  const split = (shares: Layout['sharesPct']): Layout['sharesPct'] =>
    variantShares({ ...layout, sharesPct: shares, groups: [] }, incumbent.variant);
  const sharesPct = split(bySegment?.[OTHER_SEGMENT] ?? layout.sharesPct);
  const segments = bySegment === undefined ? {} : { segments: segmentSplits(spec, bySegment, split) };
  const targetGroups = layout.groups.length > 0 ? layout.groups : null;
  const { endpoint } = spec;
  const variant = spec.candidates[0].name;
  await publish(deps, context, {
    routing: { kind: 'shares', incumbent: incumbent.variant, sharesPct, targetGroups, ...segments },
    mirror: layout.copyPct > 0 && layout.kind === 'split' ? { endpoint, variant, samplePct: layout.copyPct } : null,
  });
}

/** The named segments, each with its split, and where a request says which one it is of. */
function segmentSplits(
  spec: RolloutSpec,
  bySegment: SegmentShares,
  split: (shares: Layout['sharesPct']) => Layout['sharesPct']
): NonNullable<Extract<AssignmentRequest['routing'], { readonly kind: 'shares' }>['segments']> {
  const stage = spec.stages.find((one) => one.kind === 'bandit');
  const facet = stage?.kind === 'bandit' ? stage.segments?.facet : undefined;
  const place = facet === undefined ? undefined : spec.schema.facets?.[facet];
  if (place === undefined) throw new FailureError('Internal', 'There is no facet that tells the segments apart.');
  const named = Object.entries(bySegment).filter(([name]) => name !== OTHER_SEGMENT);
  return { place, sharesPct: Object.fromEntries(named.map(([name, shares]) => [name, split(shares)])) };
}

/** Takes the assignment back: the endpoint's weights decide again. Epochs go on, so the document stays. */
export async function withdrawAssignment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  if (context.spec.routing.by !== 'gateway') return;
  await publish(deps, context, { routing: { kind: 'weights' } });
}

/** Keeps gateways following while a share is held for longer than an assignment lives. */
export async function renewAssignment(deps: ActivityDeps, context: NamedContext): Promise<void> {
  const { routing, endpoint } = context.spec;
  if (routing.by !== 'gateway') return;
  const at = locationOf(routing.to, endpoint);
  const document = await read(deps, at);
  if (document === null) throw new FailureError('OutsideChange', `The assignment s3://${at.Bucket}/${at.Key} is gone.`);
  if (Date.parse(document.expiresAt) - deps.now() > routing.expiresMs / 2) return;
  await write(deps, at, renewedAssignment(document, { nowMs: deps.now(), expiresAfterMs: routing.expiresMs }));
}

/** A repetition that would say the same again says nothing: gateways need not hear of it. */
async function publish(
  deps: ActivityDeps,
  { id, spec }: NamedContext,
  wanted: Pick<AssignmentRequest, 'routing'> & Partial<Pick<AssignmentRequest, 'mirror'>>
): Promise<void> {
  if (spec.routing.by !== 'gateway') return;
  const at = locationOf(spec.routing.to, spec.endpoint);
  const previous = await read(deps, at);
  const next = assignmentDocument({
    endpoint: spec.endpoint,
    previous,
    nowMs: deps.now(),
    expiresAfterMs: spec.routing.expiresMs,
    salt: id,
    ...wanted,
  });
  const isSame =
    previous?.salt === next.salt &&
    JSON.stringify([previous.routing, previous.mirror]) === JSON.stringify([next.routing, next.mirror]);
  await write(deps, at, isSame ? { ...next, epoch: previous.epoch } : next);
}

interface At {
  readonly Bucket: string;
  readonly Key: string;
}

function locationOf(to: string, endpoint: string): At {
  const { bucket, prefix } = parseS3Location(to);
  return { Bucket: bucket, Key: assignmentKey(prefix, endpoint) };
}

async function read({ aws }: ActivityDeps, at: At): Promise<AssignmentDocument | null> {
  try {
    const object = await aws.s3.send(new GetObjectCommand(at));
    return parseAssignment((await object.Body?.transformToString('utf8')) ?? '');
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

async function write({ aws }: ActivityDeps, at: At, document: AssignmentDocument): Promise<void> {
  await aws.s3.send(new PutObjectCommand({ ...at, Body: formatAssignment(document), ContentType: 'application/json' }));
}
