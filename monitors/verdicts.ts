import type { VerdictKind } from '../guards';
import type { Check } from './types';

const WORST_FIRST: readonly VerdictKind[] = ['fail', 'error', 'inconclusive', 'pass'];

/** The worst of the checks; without any nothing was shown. */
export function worstVerdict(checks: readonly Pick<Check, 'verdict'>[]): VerdictKind {
  return WORST_FIRST.find((kind) => checks.some(({ verdict }) => verdict === kind)) ?? 'inconclusive';
}

/** One sentence: how many checks ended how, and the first of the worst. */
export function summaryOf(checks: readonly Check[]): string {
  const worst = worstVerdict(checks);
  const [first, ...rest] = checks.filter(({ verdict }) => verdict === worst);
  if (first === undefined) return 'nothing was checked';
  if (worst === 'pass') return `${checks.length} checks pass`;
  const more = rest.length === 0 ? '' : `; ${rest.length} more like it`;
  // Of what: most reasons say it themselves.
  const said = first.reason.includes(first.subject) ? first.reason : `${first.subject}: ${first.reason}`;
  return `${said}${more}`;
}
