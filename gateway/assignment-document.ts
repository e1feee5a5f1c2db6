import type { AssignmentDocument, AssignmentRouting, MirrorSettings, Split } from './assignment-format';
import { reallocate, sharesOf, SLOTS, slotsOf } from './assignment-ranges';

export interface AssignmentRequest {
  readonly endpoint: string;
  /** What is published now, or null. With the same salt users stay where they are as far as the new shares allow. */
  readonly previous: AssignmentDocument | null;
  /** The epoch becomes higher than this, too: what the publisher remembers, should the object be lost. Default 0. */
  readonly afterEpoch?: number;
  readonly nowMs: number;
  /** How long gateways may follow it without hearing of a newer one. Milliseconds. */
  readonly expiresAfterMs: number;
  readonly salt: string;
  readonly routing:
    | { readonly kind: 'weights' }
    | {
        readonly kind: 'shares';
        readonly incumbent: string;
        /** Percent, of everybody or of the target groups; they add up to 100 (a hundredth is forgiven and evened out). */
        readonly sharesPct: Readonly<Record<string, number>>;
        readonly targetGroups?: readonly string[] | null;
        readonly groups?: Readonly<Record<string, readonly string[]>>;
        /** Shares of segments of the requests, and where a request says its segment. */
        readonly segments?: {
          readonly place: string;
          readonly sharesPct: Readonly<Record<string, Readonly<Record<string, number>>>>;
        };
      };
  readonly mirror?: MirrorSettings | null;
}

/** Shares such as three times 33.3333 % are meant to be everything. */
const SUM_TOLERANCE_PCT = 0.01;

/**
 * The next assignment document: the wanted shares to a ten-thousandth of a percent, with the fewest users moved from where the previous
 * one had them.
 *
 * @throws on what no gateway could follow, naming all of it
 */
export function assignmentDocument(request: AssignmentRequest): AssignmentDocument {
  const { endpoint, previous, nowMs, expiresAfterMs, salt } = request;
  const problems = problemsOf(request);
  if (problems.length > 0) throw new Error(`No assignment can be made for ${endpoint}: ${problems.join('; ')}.`);
  return {
    version: 1,
    endpoint,
    epoch: Math.max(previous?.epoch ?? 0, request.afterEpoch ?? 0) + 1,
    publishedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + expiresAfterMs).toISOString(),
    salt,
    routing: routingOf(request),
    mirror: request.mirror ?? null,
  };
}

/** The same assignment for longer: the epoch stays, because nobody is assigned otherwise. */
export function renewedAssignment(
  document: AssignmentDocument,
  { nowMs, expiresAfterMs }: { readonly nowMs: number; readonly expiresAfterMs: number }
): AssignmentDocument {
  const expiresMs = Math.max(Date.parse(document.expiresAt), nowMs + expiresAfterMs);
  return { ...document, publishedAt: new Date(nowMs).toISOString(), expiresAt: new Date(expiresMs).toISOString() };
}

function routingOf({ routing, previous, salt }: AssignmentRequest): AssignmentRouting {
  if (routing.kind === 'weights') return routing;
  const { incumbent, targetGroups = null, groups = {}, segments } = routing;
  const before = previous?.routing.kind === 'shares' && previous.salt === salt ? previous.routing : undefined;
  const split = (sharesPct: Readonly<Record<string, number>>, present: Split | undefined): Split => {
    const sum = sumOf(sharesPct);
    const evened = Object.fromEntries(Object.entries(sharesPct).map(([name, pct]) => [name, (pct / sum) * 100]));
    // Before its first assignment a rollout has everybody on the incumbent.
    const ranges = reallocate(present?.ranges ?? [{ variant: incumbent, from: 0, to: SLOTS }], slotsOf(evened));
    const none = Object.fromEntries(Object.keys(evened).map((variant) => [variant, 0]));
    return { sharesPct: { ...none, ...sharesOf(ranges) }, ranges };
  };
  const routed = { kind: 'shares', incumbent, ...split(routing.sharesPct, before), targetGroups, groups } as const;
  if (segments === undefined) return routed;
  // A segment that was of no split of its own before moves as few users as the common split asks for.
  const splits = Object.entries(segments.sharesPct).map(
    ([name, sharesPct]) => [name, split(sharesPct, before?.segments?.splits[name] ?? before)] as const
  );
  return { ...routed, segments: { place: segments.place, splits: Object.fromEntries(splits) } };
}

function problemsOf({ endpoint, previous, routing, mirror, expiresAfterMs, salt }: AssignmentRequest): string[] {
  const problems: string[] = [];
  if (previous !== null && previous.endpoint !== endpoint) problems.push(`the previous one is of ${previous.endpoint}`);
  if (salt === '') problems.push('the salt is empty');
  if (!(expiresAfterMs > 0)) problems.push(`it would expire after ${expiresAfterMs} ms`);
  if (mirror && !(mirror.samplePct >= 0 && mirror.samplePct <= 100)) {
    problems.push(`the mirror samples ${mirror.samplePct} %, not 0 to 100 %`);
  }
  if (mirror && mirror.endpoint === endpoint && mirror.variant === null) {
    problems.push('the mirror would copy into the live traffic: name its variant');
  }
  if (routing.kind === 'weights') return problems;
  problems.push(...shareProblems(routing.sharesPct, routing.incumbent));
  for (const [name, sharesPct] of Object.entries(routing.segments?.sharesPct ?? {})) {
    problems.push(...shareProblems(sharesPct, routing.incumbent).map((problem) => `segment ${name}: ${problem}`));
  }
  if (routing.targetGroups?.length === 0) problems.push('targetGroups is empty: nobody would take part');
  return problems;
}

function shareProblems(sharesPct: Readonly<Record<string, number>>, incumbent: string): string[] {
  const problems = Object.entries(sharesPct)
    .filter(([, pct]) => !(pct >= 0 && pct <= 100))
    .map(([variant, pct]) => `${variant} gets ${pct} %, not 0 to 100 %`);
  const sum = sumOf(sharesPct);
  if (!(Math.abs(sum - 100) <= SUM_TOLERANCE_PCT)) problems.push(`the shares add up to ${sum} %, not to 100 %`);
  if (sharesPct[incumbent] === undefined) problems.push(`the incumbent ${incumbent} has no share`);
  return problems;
}

function sumOf(sharesPct: Readonly<Record<string, number>>): number {
  return Object.values(sharesPct).reduce((sum, pct) => sum + pct, 0);
}
