import type { Json } from '../../monitors/types';
import type { Answers, Deviation, Golden, PeerSuite } from './types';

/** One quantity over all cases of a suite. */
export interface Agreement {
  readonly quantity: string;
  readonly cases: number;
  /** Largest |ours − peer| / max(1, |peer|); 1 where what is no number differs, or one side lacks it. */
  readonly largest: number;
  /** Case with the largest difference. */
  readonly worst: string;
  readonly tolerance: number;
  readonly agrees: boolean;
}

/** A quantity of a case on which we differ on purpose. */
export interface Deviating {
  readonly where: string;
  readonly ours: Json | undefined;
  readonly peer: Json | undefined;
  readonly why: string;
}

export interface Comparison {
  readonly suite: string;
  readonly agreements: readonly Agreement[];
  readonly deviating: readonly Deviating[];
}

/** Compares what we say now with what the peer said. A case or quantity that one side lacks is a disagreement. */
export async function compareSuite(suite: PeerSuite, golden: Golden): Promise<Comparison> {
  const found = new Map<string, { case: string; difference: number }[]>();
  const deviating: Deviating[] = [];
  const cases = suite.cases();
  const missing = Object.keys(golden.answers).filter((name) => !cases.some((one) => one.name === name));
  if (missing.length > 0)
    throw new Error(`${suite.name}: golden answers to cases that are gone: ${missing.join(', ')}`);
  for (const { name, input } of cases) {
    const peer: Answers = golden.answers[name] ?? {};
    const ours = await suite.ours(input);
    for (const quantity of new Set([...Object.keys(peer), ...Object.keys(ours)])) {
      const deviation = deviationOf(suite, name, quantity);
      if (deviation)
        deviating.push({
          where: `${name}/${quantity}`,
          ours: ours[quantity],
          peer: peer[quantity],
          why: deviation.why,
        });
      else {
        const rows = found.get(quantity) ?? [];
        rows.push({ case: name, difference: differenceOf(ours[quantity], peer[quantity]) });
        found.set(quantity, rows);
      }
    }
  }
  const agreements = [...found].map(([quantity, rows]) => agreementOf(suite, quantity, rows));
  return { suite: suite.name, agreements, deviating };
}

function agreementOf(
  suite: PeerSuite,
  quantity: string,
  rows: readonly { readonly case: string; readonly difference: number }[]
): Agreement {
  const worst = rows.reduce((a, b) => (b.difference > a.difference ? b : a), { case: '', difference: -1 });
  const tolerance = suite.tolerance[quantity] ?? suite.tolerance.default;
  const largest = worst.difference;
  return { quantity, cases: rows.length, largest, worst: worst.case, tolerance, agrees: largest <= tolerance };
}

function deviationOf(suite: PeerSuite, name: string, quantity: string): Deviation | undefined {
  return suite.deviations?.find(({ where }) => where === quantity || where === name || where === `${name}/${quantity}`);
}

/** Lists are compared item by item. */
function differenceOf(ours: Json | undefined, peer: Json | undefined): number {
  if (typeof ours === 'number' && typeof peer === 'number') return Math.abs(ours - peer) / Math.max(1, Math.abs(peer));
  if (Array.isArray(ours) && Array.isArray(peer)) {
    if (ours.length !== peer.length) return 1;
    return ours.reduce((most: number, item, i) => Math.max(most, differenceOf(item as Json, peer[i] as Json)), 0);
  }
  return ours !== undefined && JSON.stringify(ours) === JSON.stringify(peer) ? 0 : 1;
}
