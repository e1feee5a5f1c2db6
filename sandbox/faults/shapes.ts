import type { FaultKind, FaultMatch, FaultService } from './rule';
import { FAULT_SERVICES, STREAM_ERRORS, STUCK_STATES } from './rule';

/** What a member of a rule may hold. */
export type MemberShape =
  | { readonly type: 'number'; readonly min?: number; readonly max?: number; readonly isWhole?: boolean }
  | { readonly type: 'text' }
  | { readonly type: 'oneOf'; readonly values: readonly string[] };

export interface FaultShape {
  readonly members: Readonly<Record<string, MemberShape & { readonly isRequired?: boolean }>>;
  /** Members of `match` that mean something for this fault. */
  readonly matches: readonly (keyof FaultMatch)[];
  /** Services whose events it can strike. */
  readonly services: readonly FaultService[];
}

const ms: MemberShape = { type: 'number', min: 0 };
const text: MemberShape = { type: 'text' };
const status: MemberShape = { type: 'number', min: 200, max: 599, isWhole: true };
const required = (shape: MemberShape) => ({ ...shape, isRequired: true });

const call = { matches: ['service', 'operation', 'resource', 'variant'], services: FAULT_SERVICES } as const;
const endpoint = { matches: ['service', 'operation', 'resource', 'variant'], services: ['sagemaker'] } as const;
const serving = { matches: ['service', 'resource', 'variant'], services: ['runtime'] } as const;

/** Every fault with its members and what it can be matched by. */
export const FAULT_SHAPES: Readonly<Record<FaultKind, FaultShape>> = {
  throttle: {
    ...call,
    members: { ratePerSecond: { type: 'number', min: 0.001 }, burst: { type: 'number', min: 1, isWhole: true } },
  },
  error: { ...call, members: { status: required({ ...status, min: 400 }), code: text, message: text } },
  reset: { ...call, members: {} },
  hang: { ...call, members: { forMs: ms } },
  delay: { ...call, members: { byMs: required(ms) } },
  loseAnswer: { ...call, members: {} },
  clockSkew: { ...call, members: { byMs: required({ type: 'number' }) } },
  hide: { ...endpoint, matches: ['service', 'operation', 'resource'], members: { forProviderMs: required(ms) } },
  stuck: {
    ...endpoint,
    matches: ['service', 'operation', 'resource'],
    members: { status: required({ type: 'oneOf', values: STUCK_STATES }), forProviderMs: ms },
  },
  insufficientCapacity: { ...endpoint, members: { instanceType: text } },
  quota: {
    ...endpoint,
    matches: ['service', 'operation', 'resource'],
    members: { instances: required({ type: 'number', min: 0, isWhole: true }), instanceType: text },
  },
  rollback: {
    ...endpoint,
    matches: ['service', 'resource'],
    members: { at: { type: 'oneOf', values: ['provisioning', 'baking'] }, reason: text },
  },
  rollbackFails: { ...endpoint, matches: ['service', 'resource'], members: {} },
  failJob: { ...endpoint, matches: ['service', 'operation', 'resource'], members: { reason: text } },
  slowDownload: { ...serving, members: { byProviderMs: required(ms) } },
  slowStart: { ...serving, members: { byProviderMs: required(ms) } },
  crash: { ...serving, members: { at: required({ type: 'oneOf', values: ['start', 'invocation'] }) } },
  failPing: { ...serving, members: {} },
  slowInvocation: { ...serving, members: { byMs: required(ms) } },
  badInvocation: { ...serving, members: { status: required(status), body: text, contentType: text } },
  breakStream: {
    ...serving,
    members: {
      error: required({ type: 'oneOf', values: STREAM_ERRORS }),
      afterParts: { type: 'number', min: 0, isWhole: true },
    },
  },
  lateCapture: { ...serving, members: { byProviderMs: required(ms) } },
  lostCapture: { ...serving, members: {} },
  duplicateCapture: { ...serving, members: {} },
  lateMetrics: { ...serving, members: { byProviderMs: required(ms), metric: text } },
  lostMetrics: { ...serving, members: { metric: text } },
};

/** Members of `when`; `nth` and `between` have shapes of their own. */
export const WHEN_SHAPES: Readonly<Record<string, MemberShape>> = {
  probability: { type: 'number', min: 0, max: 1 },
  first: { type: 'number', min: 1, isWhole: true },
};
export const NTH_SHAPE: MemberShape = { type: 'number', min: 1, isWhole: true };
export const BETWEEN_SHAPES: Readonly<Record<string, MemberShape>> = {
  fromSeconds: { type: 'number', min: 0 },
  toSeconds: { type: 'number', min: 0 },
};
