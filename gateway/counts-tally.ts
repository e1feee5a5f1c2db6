import { addCounts, noCalls, type CountsDocument, type VariantCounts } from './counts-format';

export interface Tally {
  readonly variants: Readonly<Record<string, VariantCounts>>;
  readonly unattributed: VariantCounts;
  /** Gateways that reported on every moment of the window in which they were open. */
  readonly reporting: readonly string[];
  /** Gateways that reported before, were not closed, and left part of the window untold: late, or dead. */
  readonly silent: readonly SilentGateway[];
}

export interface SilentGateway {
  readonly gateway: string;
  /** Up to when its documents reach without a gap. */
  readonly sinceMs: number;
}

/**
 * Adds up the documents of all gateways for the calls that ended in `[fromMs, toMs)`. A document that was read twice counts once.
 * The tick is complete when somebody is `reporting` and nobody is `silent`; how long to wait for the silent is the caller's choice.
 * Give documents from before the window as well, or a gateway that fell silent cannot be noticed.
 */
export function tallyCounts(
  documents: readonly CountsDocument[],
  window: { readonly fromMs: number; readonly toMs: number }
): Tally {
  const distinct = [...new Map(documents.map((d) => [`${d.gateway} ${d.windowStart}`, d])).values()];
  const inside = distinct.filter((d) => endMs(d) > window.fromMs && endMs(d) <= window.toMs);
  const variants: Record<string, VariantCounts> = {};
  for (const document of inside) {
    for (const [name, counts] of Object.entries(document.variants)) {
      variants[name] = addCounts(variants[name] ?? noCalls, counts);
    }
  }
  const unattributed = inside.reduce((sum, d) => addCounts(sum, d.unattributed), noCalls);
  return { variants, unattributed, ...presence(distinct, window) };
}

function presence(
  documents: readonly CountsDocument[],
  window: { readonly fromMs: number; readonly toMs: number }
): Pick<Tally, 'reporting' | 'silent'> {
  const byGateway = new Map<string, CountsDocument[]>();
  for (const document of documents) {
    const own = byGateway.get(document.gateway);
    if (own === undefined) byGateway.set(document.gateway, [document]);
    else own.push(document);
  }
  const reporting: string[] = [];
  const silent: SilentGateway[] = [];
  for (const [gateway, own] of byGateway) {
    const reach = coverage(own);
    const isOver = reach.final && reach.toMs <= window.fromMs;
    if (reach.fromMs >= window.toMs || isOver) continue;
    if (reach.toMs >= window.toMs || reach.final) reporting.push(gateway);
    else silent.push({ gateway, sinceMs: reach.toMs });
  }
  return { reporting, silent };
}

/** From a gateway's first document to the first gap. */
function coverage(documents: readonly CountsDocument[]): { fromMs: number; toMs: number; final: boolean } {
  const sorted = [...documents].sort((a, b) => startMs(a) - startMs(b));
  let reach = { fromMs: Infinity, toMs: -Infinity, final: false };
  for (const document of sorted) {
    const start = startMs(document);
    if (reach.fromMs === Infinity) reach = { fromMs: start, toMs: start, final: false };
    if (start > reach.toMs) return reach;
    reach = { ...reach, toMs: endMs(document), final: document.final };
  }
  return reach;
}

function startMs(document: CountsDocument): number {
  return Date.parse(document.windowStart);
}

function endMs(document: CountsDocument): number {
  return Date.parse(document.windowEnd);
}
