import { createHash } from 'node:crypto';
import { OTHER_SEGMENT } from './assignment-format';
import type { AssignmentDocument, SharesRouting, Split } from './assignment-format';
import { SLOTS, type AssignmentRange } from './assignment-ranges';
import { fieldAt } from './field';

/** Who asks: enough to choose a variant. */
export interface Asker {
  /** Sticks to its variant; without one each call is drawn anew, by its inference id. */
  readonly userId?: string | undefined;
  readonly inferenceId: string;
  /** Group that the application knows the user to be in. */
  readonly group?: string | undefined;
  /** Segment of the request, where the caller knows it. */
  readonly segment?: string | undefined;
  /** Text of the request, to find its segment in; asked for only where there are segments. */
  readonly text?: (() => string) | undefined;
}

/** Which variant, and with which right. */
export type Choice =
  | {
      readonly kind: 'drawn';
      readonly variant: string;
      readonly epoch: number;
      /** The probability of this variant for this asker, 0–1. */
      readonly propensity: number;
      /** The shares that it was drawn by. */
      readonly sharesPct: Readonly<Record<string, number>>;
      /** The request's segment; absent where one split is for all. */
      readonly segment?: string;
    }
  /** Not in a target group: the incumbent, with certainty; no evidence about a comparison that it took no part in. */
  | { readonly kind: 'outside'; readonly variant: string; readonly epoch: number }
  /** The endpoint's weights choose. */
  | { readonly kind: 'weights' };

/** The variant for one call. The same document, user and group give the same variant, in every gateway and after every restart. */
export function choose(document: AssignmentDocument, asker: Asker): Choice {
  const { routing, epoch } = document;
  if (routing.kind === 'weights') return { kind: 'weights' };
  if (!takesPart(routing, asker)) return { kind: 'outside', variant: routing.incumbent, epoch };
  const { split, segment } = splitFor(routing, asker);
  const variant = ownerOf(split.ranges, slotOf(document.salt, asker.userId ?? asker.inferenceId));
  const propensity = (split.sharesPct[variant] ?? 0) / 100;
  return {
    kind: 'drawn',
    variant,
    epoch,
    propensity,
    sharesPct: split.sharesPct,
    ...(segment !== null && { segment }),
  };
}

/** The split for a request's segment. What the caller names comes before what the request says; a segment without a split follows the common one. */
function splitFor(
  routing: SharesRouting,
  { segment, text }: Asker
): { readonly split: Split; readonly segment: string | null } {
  const { segments } = routing;
  if (segments === undefined) return { split: routing, segment: null };
  const found = segment ?? (text === undefined ? undefined : fieldAt(segments.place)?.(text()));
  const own = found !== undefined && Object.hasOwn(segments.splits, found) ? segments.splits[found] : undefined;
  return own === undefined || found === undefined
    ? { split: routing, segment: OTHER_SEGMENT }
    : { split: own, segment: found };
}

/** Slot of a user or a call in the hash range: uniform over ids, and independent between salts. */
export function slotOf(salt: string, id: string): number {
  // 48 bits against a million slots: no slot is likelier than another by more than four parts in a billion.
  return createHash('sha256').update(`${salt}\0${id}`).digest().readUIntBE(0, 6) % SLOTS;
}

/** Whether a call is among the `samplePct` percent that are copied; drawn independently of its variant. */
export function isSampled(salt: string, at: { readonly inferenceId: string; readonly samplePct: number }): boolean {
  return slotOf(`${salt}\0mirror`, at.inferenceId) < (at.samplePct / 100) * SLOTS;
}

function takesPart(routing: SharesRouting, { userId, group }: Asker): boolean {
  const { targetGroups, groups } = routing;
  if (targetGroups === null) return true;
  if (group !== undefined && targetGroups.includes(group)) return true;
  return userId !== undefined && targetGroups.some((name) => groups[name]?.includes(userId));
}

/** Ranges cover all slots, in order. */
function ownerOf(ranges: readonly AssignmentRange[], slot: number): string {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slot < (ranges[middle]?.to ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  const owner = ranges[low];
  if (owner === undefined) throw new RangeError('The assignment has no ranges.');
  return owner.variant;
}
