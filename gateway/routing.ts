import { choose } from './assignment';
import type { MirrorSettings } from './assignment-format';
import type { AssignmentReader, NoAssignment } from './assignment-reader';

/** Why the endpoint's weights chose. */
export type ByWeights =
  /** This gateway follows no assignment. */
  | 'unassigned'
  /** The assignment says so. */
  | 'weights'
  | NoAssignment
  /** The endpoint did not know the variant that was drawn. */
  | 'refused';

/** How one call finds its variant. */
export type Route =
  | {
      readonly kind: 'drawn';
      readonly variant: string;
      readonly epoch: number;
      readonly propensity: number;
      /** Of the assignment, for the check of the delivered split. */
      readonly sharesPct: Readonly<Record<string, number>>;
      /** The request's segment; absent where one split is for all. */
      readonly segment?: string;
    }
  /** No member of a target group: the incumbent. */
  | { readonly kind: 'outside'; readonly variant: string; readonly epoch: number }
  /** A tester asked for this variant. */
  | { readonly kind: 'override'; readonly variant: string }
  | { readonly kind: 'weights'; readonly why: ByWeights };

export interface Routed {
  readonly route: Route;
  /** What copies are wanted of; null: of nothing. */
  readonly mirror: { readonly salt: string; readonly epoch: number; readonly settings: MirrorSettings } | null;
}

export interface RoutingRequest {
  readonly inferenceId: string;
  readonly userId?: string;
  readonly group?: string;
  readonly segment?: string;
  readonly body: Uint8Array | string;
  readonly override?: string;
  readonly probe?: boolean;
}

/** Never throws: whatever is wrong with the assignment, the endpoint's weights can choose. */
export async function routeOf(reader: AssignmentReader | undefined, request: RoutingRequest): Promise<Routed> {
  if (request.override !== undefined) return { route: { kind: 'override', variant: request.override }, mirror: null };
  if (reader === undefined) return byWeights('unassigned');
  const current = await reader.current();
  if (current.kind === 'none') return byWeights(current.why);
  const { document } = current;
  const { salt, epoch } = document;
  const mirror = document.mirror === null || request.probe === true ? null : { salt, epoch, settings: document.mirror };
  const { body } = request;
  const text = (): string => (typeof body === 'string' ? body : Buffer.from(body).toString('utf8'));
  const choice = choose(document, { ...request, text });
  if (choice.kind === 'weights') return { ...byWeights('weights'), mirror };
  return { route: choice, mirror };
}

/** The variant that the call asks the endpoint for. */
export function targetOf(route: Route): string | undefined {
  return route.kind === 'weights' ? undefined : route.variant;
}

/** Whether what becomes of the call says something about the comparison: not where the variant was certain. */
export function isEvidence(route: Route, request: { readonly probe?: boolean }): boolean {
  return request.probe !== true && (route.kind === 'drawn' || route.kind === 'weights');
}

function byWeights(why: ByWeights): Routed {
  return { route: { kind: 'weights', why }, mirror: null };
}
