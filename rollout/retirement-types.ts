/** How an endpoint is given up. */
export interface RetirementRequest {
  readonly endpoint: string;
  readonly who: string;
  readonly why: string;
  /** Nothing is deleted before no request came for `quietMs`; given up after `atMostMs`. Null: whoever still calls is not waited for. */
  readonly drain: { readonly quietMs: number; readonly atMostMs: number } | null;
}

/** In this order: what starts things by itself goes first, what others are made of goes last. */
export const RETIREMENT_STEPS = ['drain', 'schedules', 'scaling', 'alarms', 'endpoint', 'configs', 'models'] as const;
export type RetirementStep = (typeof RETIREMENT_STEPS)[number];

export interface RetirementState {
  readonly schema: 1;
  readonly request: RetirementRequest;
  /** The step under way; null once it has ended. */
  readonly step: RetirementStep | null;
  /** Names of what was deleted, by step. */
  readonly deleted: Readonly<Partial<Record<RetirementStep, readonly string[]>>>;
  readonly result: RetirementResult | null;
}

export type RetirementResult =
  | { readonly kind: 'retired'; readonly deleted: RetirementState['deleted'] }
  /** Requests kept coming; nothing was deleted. */
  | { readonly kind: 'inUse'; readonly why: string };

/** A retirement as the endpoint's owner knows it. */
export interface Retiring {
  readonly id: string;
  readonly who: string;
  readonly why: string;
  readonly sinceMs: number;
  readonly drain: RetirementRequest['drain'];
}
