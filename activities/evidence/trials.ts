import { parseExposures } from '../../gateway/exposure-format';
import { hourPrefixes, parseS3Location } from '../../gateway/s3-location';
import { FailureError } from '../../sagemaker/faults';
import { captureClosedMs, readAnswers } from './answers';
import { fieldReader } from './field';
import type { Look } from './look';
import { readAll } from './objects';

/** Someone, or one request, that was answered by an arm, and whose outcome is awaited. */
export interface Trial {
  /** Inference id, or the user's id. */
  readonly unit: string;
  /** Inference id of the request that it began with. */
  readonly id: string;
  readonly variant: string;
  readonly atMs: number;
}

export interface Trials {
  /** Trials that began before this are all known. */
  readonly closedMs: number;
  /** Ascending by time. */
  readonly all: readonly Trial[];
  /** The user behind an inference id, as far as it is known. */
  readonly userOf: ReadonlyMap<string, string>;
}

/** A gateway that has not written an exposure by then will not. */
export const EXPOSURE_LAG_MS = 15_000;

export interface Served {
  readonly id: string;
  readonly user: string | undefined;
  readonly variant: string;
  readonly atMs: number;
  /** As the caller got it; data capture keeps no failed calls. */
  readonly status: number;
  /** Of a request whose split was that of a segment; absent: one split was for all. */
  readonly segment?: string;
}

/**
 * Trials from `fromMs` on. Requests: each inference id once. Users: one trial a user and `windowMs` of the clock, on the arm and at the time
 * of the first request in it, so that whoever calls often counts no more than others. From the gateway's exposures when the file says
 * where they are, else from data capture, which knows neither failed requests nor users beyond what stands in the request.
 */
export async function readTrials(
  look: Look,
  input: { readonly unit: 'request' | 'user'; readonly windowMs: number; readonly fromMs: number }
): Promise<Trials> {
  const { unit, windowMs } = input;
  const { spec, nowMs } = look;
  const fromMs = unit === 'user' ? Math.floor(input.fromMs / windowMs) * windowMs : input.fromMs;
  const exposures = spec.exposures;
  const closedMs = exposures === undefined ? captureClosedMs(look) : nowMs - EXPOSURE_LAG_MS;
  const range = { fromMs, toMs: closedMs };
  const found =
    closedMs <= fromMs
      ? []
      : exposures === undefined
        ? await servedByCapture(look, { ...range, unit })
        : await servedByExposures(look, { ...range, uri: exposures.from });
  const served = [...found].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  const all = served.flatMap(({ id, user, variant, atMs }): readonly Trial[] => {
    const who = unit === 'user' ? user : id;
    if (who === undefined) return [];
    const once = unit === 'user' ? `${Math.floor(atMs / windowMs)} ${who}` : who;
    if (seen.has(once)) return [];
    seen.add(once);
    return [{ unit: who, id, variant, atMs }];
  });
  const userOf = new Map(served.flatMap(({ id, user }) => (user === undefined ? [] : [[id, user] as const])));
  return { closedMs, all, userOf };
}

interface ExposureRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly uri: string;
}

/** By look and range: guards, arms and segments of one look ask for the same exposures. */
const READ = new WeakMap<Look, Map<string, Promise<readonly Served[]>>>();

/** Whom gateways answered, as they wrote it down. */
export function servedByExposures(look: Look, range: ExposureRange): Promise<readonly Served[]> {
  const known = READ.get(look) ?? new Map<string, Promise<readonly Served[]>>();
  READ.set(look, known);
  const name = `${range.uri} ${range.fromMs} ${range.toMs}`;
  const served = known.get(name) ?? readExposures(look, range);
  known.set(name, served);
  return served;
}

async function readExposures({ objects, spec, variants }: Look, range: ExposureRange): Promise<readonly Served[]> {
  const { bucket, prefix } = parseS3Location(range.uri);
  const folders = hourPrefixes({ prefix, folder: spec.endpoint, fromMs: range.fromMs, toMs: range.toMs });
  const refs = (await Promise.all(folders.map((folder) => objects.list({ bucket, prefix: folder })))).flat();
  const exposures = (await readAll(objects, refs, parseExposures)).flatMap(({ value }) => value);
  return exposures
    .map(({ inferenceId, userId, variant, status, at, segment }) => ({
      id: inferenceId,
      user: userId,
      variant,
      status,
      ...(segment !== undefined && { segment }),
      atMs: Date.parse(at),
    }))
    .filter(({ variant, atMs }) => variants.includes(variant) && atMs >= range.fromMs && atMs < range.toMs);
}

/** Whom the endpoint answered, as far as data capture keeps it. */
export async function servedByCapture(
  look: Look,
  range: { readonly fromMs: number; readonly toMs: number; readonly unit: 'request' | 'user' }
): Promise<readonly Served[]> {
  const { user: place } = look.spec.schema;
  if (range.unit === 'user' && place === undefined)
    throw new FailureError('InvalidRequest', 'Users are counted, but the file has no schema.user.');
  const userOf = place === undefined ? () => undefined : fieldReader(place);
  const answers = await readAnswers(look, { ...range, withInput: range.unit === 'user' });
  return [...answers].flatMap(([variant, own]) =>
    own.map(({ id, atMs, input }) => {
      const user = input === undefined ? undefined : userOf(input);
      return { id, user, variant, atMs, status: 200 };
    })
  );
}
