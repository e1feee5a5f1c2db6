import type { TargetPolicy } from '../../guards/bandits';
import { parseShare } from '../../spec/share';
import { Mistake } from '../mistakes';

/** A policy as people write it: shares by arm, of all segments or of named ones. */
export interface WrittenPolicy {
  readonly name: string;
  /** Shares of 0 to 1 by arm; those of `null` hold for every segment that is not named. */
  readonly shares: ReadonlyMap<string | null, Readonly<Record<string, number>>>;
}

/** Rounding of shares such as 33.3 %. */
const TOLERANCE = 1e-3;

/**
 * `v8=100%`, `v7=20%,v8=80%`, or by segment: `phones:v8=100%,v7=100%` gives phones to v8 and all else to v7. Throws a `Mistake` for what is no
 * policy, for arms that the log does not know, and for shares that do not come to 100 %.
 */
export function readPolicy(text: string, known: { readonly arms: readonly string[] }): WrittenPolicy {
  const shares = new Map<string | null, Record<string, number>>();
  for (const part of text.split(',')) {
    const [, segment, arm = '', percent = ''] = /^\s*(?:([^:=]+):)?([^:=]+)=\s*([^\s=]+)\s*$/.exec(part) ?? [];
    const share = shareOf(percent);
    if (share === null)
      throw new Mistake(`--policy ${text}: ${part} is no share. Write for example v7=20%,v8=80% or phones:v8=100%.`);
    if (!known.arms.includes(arm.trim()))
      throw new Mistake(`--policy ${text}: the log has no ${arm.trim()}. It has ${known.arms.join(', ')}.`);
    const key = segment?.trim() ?? null;
    const own = shares.get(key) ?? {};
    shares.set(key, { ...own, [arm.trim()]: (own[arm.trim()] ?? 0) + share });
  }
  for (const [segment, own] of shares) {
    const sum = Object.values(own).reduce((total, share) => total + share, 0);
    if (Math.abs(sum - 1) > TOLERANCE)
      throw new Mistake(
        `--policy ${text}: the shares ${segment === null ? '' : `of ${segment} `}come to ${Number((100 * sum).toPrecision(4))} %, not to 100 %.`
      );
  }
  return { name: text, shares };
}

/** Everything to one arm. */
export function onlyArm(arm: string): WrittenPolicy {
  return { name: `${arm}=100%`, shares: new Map([[null, { [arm]: 1 }]]) };
}

/** Segments that the policy says something about, in a log that has these. Throws a `Mistake` for one that nothing is said about. */
export function targetOf({ name, shares }: WrittenPolicy, segments: readonly string[]): TargetPolicy {
  const silent = segments.find((segment) => !shares.has(segment) && !shares.has(null));
  if (silent !== undefined)
    throw new Mistake(
      `--policy ${name}: nothing is said of the segment ${silent}. Add shares without a segment: they are for all others.`
    );
  return (segment, arm) => (shares.get(segment) ?? shares.get(null))?.[arm] ?? 0;
}

function shareOf(text: string): number | null {
  const read = parseShare(text);
  return read === null ? null : read / 100;
}
