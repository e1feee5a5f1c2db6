import { count } from '../words';
import type { PageCheck, PageFeature, PagePart } from './types';

/** All that was asked of one subject, the worst first. */
export interface SubjectView {
  readonly subject: string;
  readonly verdict: PageCheck['verdict'];
  readonly checks: readonly PageCheck[];
  readonly feature: PageFeature | null;
}

const ORDER: readonly PageCheck['verdict'][] = ['fail', 'error', 'inconclusive', 'pass'];

export const byVerdict = (a: Pick<PageCheck, 'verdict'>, b: Pick<PageCheck, 'verdict'>): number =>
  ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict);

/** Subjects by their worst check; what is about a part of a feature (`age (missing)`) stands with it. */
export function subjectsOf({ report, features }: PagePart): readonly SubjectView[] {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const groups = new Map<string, PageCheck[]>();
  for (const check of report.checks) {
    const whole = check.subject.replace(/ \((?:missing|length)\)$/, '');
    const subject = byName.has(whole) ? whole : check.subject;
    const known = groups.get(subject);
    if (known) known.push(check);
    else groups.set(subject, [check]);
  }
  return [...groups]
    .map(([subject, checks]): SubjectView => {
      const sorted = [...checks].sort(byVerdict);
      return {
        subject,
        verdict: sorted[0]?.verdict ?? 'inconclusive',
        checks: sorted,
        feature: byName.get(subject) ?? null,
      };
    })
    .sort(byVerdict);
}

/** The part whose verdict counts. */
export function worstPart(parts: readonly PagePart[]): PagePart | undefined {
  return [...parts].sort((a, b) => byVerdict(a.report, b.report))[0];
}

/** `2 fail, 1 inconclusive, 40 pass` */
export function countsText(checks: readonly PageCheck[]): string {
  const told = ORDER.flatMap((kind) => {
    const n = checks.filter(({ verdict }) => verdict === kind).length;
    return n === 0 ? [] : [`${count(n)} ${kind}`];
  });
  return told.join(', ') || 'none';
}
