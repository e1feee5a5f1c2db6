import { SLOTS, type AssignmentRange } from './assignment-ranges';
import { fieldAt } from './field';
import { formatJsonLine } from './json-lines';
import { joinKey } from './s3-location';
import { isCount, isInstant, isObject, isText } from './shape';

/** How gateways choose a variant. */
export type AssignmentRouting =
  /** Not at all: the endpoint's weights do. Also what a rollout leaves behind, because epochs must never start again. */
  { readonly kind: 'weights' } | SharesRouting;

export interface SharesRouting {
  readonly kind: 'shares';
  /** Answers everybody whom `targetGroups` leaves out. */
  readonly incumbent: string;
  /** Delivered shares in percent, of those who take part; they add up to 100. A variant at 0 gets nothing. */
  readonly sharesPct: Readonly<Record<string, number>>;
  /** The same shares as slots of the hash range, in order and without gap: who is where stays where it is when shares change. */
  readonly ranges: readonly AssignmentRange[];
  /** Only users of these groups take part; null: everybody. */
  readonly targetGroups: readonly string[] | null;
  /** Members of groups, by user id; besides these the application may name a user's group in the call. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Splits of their own for some segments of the requests; what is of none of them follows the split above. Absent: one split for all. */
  readonly segments?: SegmentSplits;
}

export interface SegmentSplits {
  /** Where a request says its segment: a JSON path or a CSV column number. A caller who knows may name it instead. */
  readonly place: string;
  readonly splits: Readonly<Record<string, Split>>;
}

/** Shares and slots of one segment, as in `SharesRouting`. */
export type Split = Pick<SharesRouting, 'sharesPct' | 'ranges'>;

/** What a request of no named segment is recorded as. */
export const OTHER_SEGMENT = 'other';

/** Copies of requests that gateways send to another model after the live answer. */
export interface MirrorSettings {
  /** The endpoint that gets the copies; may be the same one, then with a variant. */
  readonly endpoint: string;
  /** Variant of that endpoint; null: its weights choose. */
  readonly variant: string | null;
  /** Percent of the calls that are copied. */
  readonly samplePct: number;
}

/** What a rollout tells the gateways of one endpoint: one S3 object, replaced as a whole. */
export interface AssignmentDocument {
  readonly version: 1;
  readonly endpoint: string;
  /** Grows with each change, for ever; a gateway never goes back. The same epoch may come again with a later expiry only. */
  readonly epoch: number;
  /** ISO-8601. */
  readonly publishedAt: string;
  /** ISO-8601: from here on no gateway follows it; the endpoint's weights decide. */
  readonly expiresAt: string;
  /** Part of every user's hash: another salt is another draw. One a rollout, so that not always the same users come first. */
  readonly salt: string;
  readonly routing: AssignmentRouting;
  readonly mirror: MirrorSettings | null;
}

/** `<prefix>/assignments/<endpoint>.json`. */
export function assignmentKey(prefix: string, endpoint: string): string {
  return joinKey(prefix, 'assignments', `${endpoint}.json`);
}

export function formatAssignment(document: AssignmentDocument): string {
  return formatJsonLine(document);
}

/** @throws on anything that is not a whole assignment document of this version, saying what is wrong */
export function parseAssignment(text: string): AssignmentDocument {
  const value: unknown = JSON.parse(text);
  const wrong = complaintAbout(value);
  if (wrong !== null) throw new Error(`Not an assignment document of version 1: ${wrong}.`);
  return value as AssignmentDocument;
}

function complaintAbout(value: unknown): string | null {
  if (!isObject(value)) return 'not an object';
  if (value.version !== 1) return `version is ${JSON.stringify(value.version)}`;
  if (!isText(value.endpoint)) return 'no endpoint';
  if (!isCount(value.epoch)) return 'epoch is no whole number';
  if (!isInstant(value.publishedAt) || !isInstant(value.expiresAt)) return 'publishedAt or expiresAt is no time';
  if (!isText(value.salt)) return 'no salt';
  if (value.mirror !== null && !isMirror(value.mirror)) return 'mirror needs endpoint, variant and samplePct';
  if (!isObject(value.routing)) return 'no routing';
  if (value.routing.kind === 'weights') return null;
  return value.routing.kind === 'shares'
    ? complaintAboutShares(value.routing)
    : 'routing is neither weights nor shares';
}

function complaintAboutShares(routing: Readonly<Record<string, unknown>>): string | null {
  const { targetGroups, groups, segments } = routing;
  if (!isText(routing.incumbent)) return 'no incumbent';
  if (targetGroups !== null && !isTextList(targetGroups)) return 'targetGroups is neither null nor a list of names';
  if (!isObject(groups) || !Object.values(groups).every(isTextList)) return 'groups is no table of lists of users';
  const wrong = complaintAboutSplit(routing);
  if (wrong !== null || segments === undefined) return wrong;
  if (!isObject(segments) || !isText(segments.place) || fieldAt(segments.place) === null || !isObject(segments.splits))
    return 'segments need a place and splits';
  const off = Object.entries(segments.splits).map(([name, split]) => {
    const complaint = isObject(split) ? complaintAboutSplit(split) : 'no split';
    return complaint === null ? null : `segment ${name}: ${complaint}`;
  });
  return off.find((complaint) => complaint !== null) ?? null;
}

function complaintAboutSplit({ sharesPct, ranges }: Readonly<Record<string, unknown>>): string | null {
  if (!isObject(sharesPct) || !Object.values(sharesPct).every(isPct)) return 'sharesPct is no table of percentages';
  if (!Array.isArray(ranges) || !ranges.every(isRange)) return 'ranges is no list of variant, from and to';
  let next = 0;
  const slots = new Map(Object.keys(sharesPct).map((variant) => [variant, 0]));
  for (const { variant, from, to } of ranges) {
    if (from !== next || to <= from) return `ranges leave a gap or overlap at slot ${next}`;
    slots.set(variant, (slots.get(variant) ?? 0) + to - from);
    next = to;
  }
  if (next !== SLOTS) return `ranges end at slot ${next}, not at ${SLOTS}`;
  const off = [...slots].find(([variant, n]) => Math.abs(n - (Number(sharesPct[variant] ?? NaN) / 100) * SLOTS) >= 1);
  // NaN compares as false, so a variant that has slots but no share is asked for by name.
  const unnamed = [...slots.keys()].find((variant) => sharesPct[variant] === undefined);
  const wrong = off?.[0] ?? unnamed;
  return wrong === undefined ? null : `ranges give ${wrong} another share than sharesPct`;
}

function isPct(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function isRange(value: unknown): value is AssignmentRange {
  return isObject(value) && isText(value.variant) && isCount(value.from) && isCount(value.to);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isMirror(value: unknown): value is MirrorSettings {
  return (
    isObject(value) &&
    isText(value.endpoint) &&
    (value.variant === null || isText(value.variant)) &&
    isPct(value.samplePct)
  );
}
