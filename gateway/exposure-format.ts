import { formatJsonLine, parseJsonLines } from './json-lines';
import { isCount, isFraction, isInstant, isObject, isOptional, isText } from './shape';

/**
 * Which variant answered whom: what joins labels and business events, by inference id or by user, to an arm. A line of JSON in S3 for
 * each call that counts as evidence; probes and overridden calls have none. Written once: a call is one line in one object.
 */
export interface Exposure {
  readonly version: 1;
  readonly endpoint: string;
  readonly inferenceId: string;
  /** As the application gave it; absent when it gave none. */
  readonly userId?: string;
  readonly group?: string;
  /** The segment whose split chose the variant, `other` for what is of no named one; absent where one split is for all. */
  readonly segment?: string;
  /** The variant that answered. */
  readonly variant: string;
  /** HTTP status as the caller got it. */
  readonly status: number;
  /** Epoch of the assignment that chose the variant; null when the endpoint's weights chose. */
  readonly epoch: number | null;
  /** The probability with which `variant` was chosen for this user, 0–1; null when the endpoint's weights chose. */
  readonly propensity: number | null;
  /** ISO-8601: when the call ended. */
  readonly at: string;
}

export function formatExposure(exposure: Exposure): string {
  return formatJsonLine(exposure);
}

/** @throws on a line that is no exposure of this version */
export function parseExposures(text: string): readonly Exposure[] {
  return parseJsonLines(text, { what: 'an exposure of version 1', isValid: isExposure });
}

function isExposure(value: unknown): value is Exposure {
  return (
    isObject(value) &&
    value.version === 1 &&
    isText(value.endpoint) &&
    isText(value.inferenceId) &&
    isOptional(value.userId, isText) &&
    isOptional(value.group, isText) &&
    isOptional(value.segment, isText) &&
    isText(value.variant) &&
    isCount(value.status) &&
    (value.epoch === null || isCount(value.epoch)) &&
    (value.propensity === null || isFraction(value.propensity)) &&
    isInstant(value.at)
  );
}
