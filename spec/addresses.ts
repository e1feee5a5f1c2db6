import { nearestOf } from './nearest';
import type { Reading } from './scalar';
import { scalar, withNearest } from './scalar';

const BUCKET = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]';
/** `s3://bucket/prefix`. */
export const PREFIX_PATTERN = `^s3://${BUCKET}(/[^\\s]*)?$`;
const OBJECT_PATTERN = `^s3://${BUCKET}/[^\\s]*[^\\s/]$`;
const ARTIFACT_PATTERN = `^s3://${BUCKET}/[^\\s]*\\.tar\\.gz$`;
const INSTANCE_PATTERN = '^ml\\.[a-z]+\\d+[a-z]*(-[a-z0-9]+)?\\.(medium|large|xlarge|\\d+xlarge)$';
/** VersionedArnOrName of SageMaker's API model, with the version. */
const PACKAGE_PATTERN =
  '^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\\d{12}:model-package/)?[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}/[1-9]\\d{0,8}$';
const SCHEDULE_PATTERN = '^(cron|rate|at)\\([^()]+\\)$';
const PREDICTION_PATTERN = "^\\d+$|^\\$(\\.[A-Za-z_][\\w-]*|\\[\\d+\\]|\\['[^']+'\\])+$";

/** `s3://bucket/prefix`; a closing slash is dropped, so that keys can be appended with one. */
export function s3Prefix(describe: string, example: string) {
  const read = (found: unknown): Reading<string> => {
    const reading = readMatching(found, PREFIX_PATTERN, meantS3);
    return reading.ok ? { ok: true, value: reading.value.replace(/\/+$/, '') } : reading;
  };
  const allowed = 's3://bucket or s3://bucket/prefix, with a lower-case bucket of 3 to 63 characters';
  return scalar({
    what: 'an S3 address',
    allowed,
    example,
    describe,
    json: { type: 'string', pattern: PREFIX_PATTERN },
    read,
  });
}

/** `s3://bucket/…/model.tar.gz`: what SageMaker unpacks into the container. */
export function artifact(describe: string) {
  const read = (found: unknown): Reading<string> => readMatching(found, ARTIFACT_PATTERN, meantS3);
  const json = { type: 'string', pattern: ARTIFACT_PATTERN };
  const example = 's3://models/reviews/8/model.tar.gz';
  return scalar({
    what: 'a model artifact',
    allowed: 's3://bucket/key ending in .tar.gz',
    example,
    describe,
    json,
    read,
  });
}

/** `s3://bucket/key` of one object. */
export function s3Object(describe: string, example: string) {
  const read = (found: unknown): Reading<string> => readMatching(found, OBJECT_PATTERN, meantS3);
  const json = { type: 'string', pattern: OBJECT_PATTERN };
  return scalar({ what: 'an S3 object', allowed: 's3://bucket/key', example, describe, json, read });
}

/** `ml.family.size`. Whether the type exists in the region is for SageMaker to say. */
export function instanceType(describe: string) {
  const read = (found: unknown): Reading<string> => readMatching(found, INSTANCE_PATTERN, meantInstance);
  const json = { type: 'string', pattern: INSTANCE_PATTERN };
  const allowed = 'ml.<family>.<size> with a size of medium, large, xlarge or <n>xlarge';
  return scalar({ what: 'an instance type', allowed, example: 'ml.m5.large', describe, json, read });
}

/** One version in the model registry, as SageMaker addresses it. */
export const modelPackageAddress = {
  json: { type: 'string', pattern: PACKAGE_PATTERN },
  read: (found: unknown): Reading<string> => readMatching(found, PACKAGE_PATTERN, () => undefined),
} as const;

/** When a scheduled action is due, as Application Auto Scaling writes it. */
export function scalingSchedule(describe: string) {
  const read = (found: unknown): Reading<string> => readMatching(found, SCHEDULE_PATTERN, meantSchedule);
  const json = { type: 'string', pattern: SCHEDULE_PATTERN };
  const allowed =
    'cron(minutes hours day-of-month month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss), in UTC';
  return scalar({ what: 'a schedule', allowed, example: 'cron(0 8 ? * MON-FRI *)', describe, json, read });
}

/** `0 8 * * *` has five fields, AWS wants six with `?` for one of the days. */
function meantSchedule(text: string): string | undefined {
  const fields = text.split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek] = fields;
  if (fields.length !== 5 || dayOfWeek !== '*') return fields.length === 6 ? `cron(${fields.join(' ')})` : undefined;
  return `cron(${minutes} ${hours} ${dayOfMonth} ${month} ? *)`;
}

/** A JSON path into the request or the response, or a CSV column index (which YAML reads as a number). */
export function placePath(describe: string, words: { readonly of: 'request' | 'response'; readonly example: string }) {
  const read = (found: unknown): Reading<string> => {
    const written = typeof found === 'number' ? String(found) : found;
    return readMatching(written, PREDICTION_PATTERN, meantPath);
  };
  const json = { type: ['string', 'integer'], pattern: PREDICTION_PATTERN, minimum: 0 };
  const allowed = 'a JSON path made of .name and [0], or a CSV column index from 0';
  return scalar({
    what: `a place in the ${words.of}`,
    allowed,
    example: `'${words.example}'`,
    describe,
    json,
    read,
  });
}

/** One prediction a request is read, so `[*]` becomes the first one. */
function meantPath(text: string): string {
  return text.replace(/^(?=[A-Za-z_])/, '$.').replaceAll('[*]', '[0]');
}

function readMatching(found: unknown, pattern: string, meant: (text: string) => string | undefined): Reading<string> {
  if (typeof found !== 'string') return { ok: false };
  const matches = (text: string): boolean => new RegExp(pattern).test(text);
  if (matches(found)) return { ok: true, value: found };
  const nearest = meant(found.trim());
  return { ok: false, ...withNearest(nearest !== undefined && matches(nearest) ? nearest : undefined) };
}

/** Other spellings of the same object: `S3://`, `s3:/`, `s3a://`, an ARN, a console address, or no scheme at all. */
function meantS3(text: string): string | undefined {
  const arn = /^arn:aws[a-z-]*:s3:::(.+)$/.exec(text)?.[1];
  const [, host, key] = /^https?:\/\/([^/]+?)\.s3[.-][^/]*amazonaws\.com\/(.*)$/.exec(text) ?? [];
  const other = /^(?:s3[an]?:\/{1,3})?([^:/][^:]*)$/i.exec(text)?.[1];
  const rest = arn ?? (host === undefined ? other : `${host}/${key}`);
  return rest === undefined ? undefined : `s3://${rest}`;
}

const SIZES = [
  'medium',
  'large',
  'xlarge',
  '2xlarge',
  '4xlarge',
  '8xlarge',
  '12xlarge',
  '16xlarge',
  '24xlarge',
  '48xlarge',
];

function meantInstance(text: string): string | undefined {
  const [family, size] = text.toLowerCase().replace(/^ml\./, '').split('.');
  if (family === undefined || size === undefined) return undefined;
  const nearest = SIZES.includes(size) ? size : nearestOf(size, SIZES);
  return nearest === undefined ? undefined : `ml.${family}.${nearest}`;
}
