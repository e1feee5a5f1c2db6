import { isCount, isObject, isOptional, isText } from './shape';

/** How the calls of one window found their variants. Each call is in exactly one of these. */
export interface RoutingCounts {
  /** Drawn by an assignment, by its epoch: the delivered split beside the shares that were set. Failed calls are in it, too. */
  readonly drawn: readonly {
    readonly epoch: number;
    /** Absent where one split is for all. */
    readonly segment?: string;
    readonly sharesPct: Readonly<Record<string, number>>;
    readonly requests: Readonly<Record<string, number>>;
  }[];
  /** Left to the endpoint's weights, by why: `weights` and `unassigned` are meant so, the others are not. */
  readonly byWeights: Readonly<Record<string, number>>;
  /** The incumbent for users in no target group. Like the next two no evidence, and not in `variants`. */
  readonly outside: number;
  readonly overridden: number;
  readonly probes: number;
}

/** Copies to a mirror, by the window in which they ended. */
export interface MirrorCounts {
  /** Answered, also by an error of the model. */
  readonly answered: number;
  /** Sent, and not answered by a model. */
  readonly failed: number;
  /** Not sent, because too many were waiting. */
  readonly dropped: number;
}

export const noRouting: RoutingCounts = { drawn: [], byWeights: {}, outside: 0, overridden: 0, probes: 0 };
export const noMirror: MirrorCounts = { answered: 0, failed: 0, dropped: 0 };

export function isRoutingCounts(value: unknown): value is RoutingCounts {
  return (
    isObject(value) &&
    Array.isArray(value.drawn) &&
    value.drawn.every(
      (part) =>
        isObject(part) &&
        isCount(part.epoch) &&
        isOptional(part.segment, isText) &&
        isObject(part.sharesPct) &&
        isTable(part.requests)
    ) &&
    isTable(value.byWeights) &&
    [value.outside, value.overridden, value.probes].every(isCount)
  );
}

export function isMirrorCounts(value: unknown): value is MirrorCounts {
  return isObject(value) && [value.answered, value.failed, value.dropped].every(isCount);
}

function isTable(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isCount);
}
