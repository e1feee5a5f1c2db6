import type { Verdict } from '../../guards';
import { formatCount, formatInterval, formatNumber } from '../../guards/wording';
import { table } from '../table';
import type { Replayed, ReplayLine } from './replay';

/** A table of a line per tick and guard, then the decision, its tick and what it cost. */
export function replayText(replayed: Replayed): readonly string[] {
  const rows = replayed.lines.map(({ t, plan, verdict }) => {
    const { what, value, interval } = estimateOf(verdict);
    const estimate = value === null ? '–' : formatNumber(value);
    return [
      shortTime(t),
      plan.name,
      what,
      estimate,
      formatInterval(interval) ?? 'open',
      towards(verdict.numbers.harm),
      verdict.kind,
    ];
  });
  const lines = table(['TICK', 'GUARD', 'ESTIMATE OF', 'VALUE', 'INTERVAL', 'LOG E', 'VERDICT'], rows);
  return [...(rows.length === 0 ? ['The trace has no tick.'] : lines), '', ...conclusion(replayed)];
}

const WORDS = { rollBack: 'rolled back', promote: 'promoted', undecided: 'undecided' } as const;

function conclusion(replayed: Replayed): readonly string[] {
  const { decision, tick, t, candidateRequests, countedBy, droppedLate } = replayed;
  const served = `${formatCount(candidateRequests)} candidate requests served${countedBy === null ? '' : ` (counted by ${countedBy})`}`;
  const late = droppedLate === 0 ? [] : [`${formatCount(droppedLate)} labels came too late and were dropped`];
  const held = decision.holding === undefined ? '' : `, held by ${decision.holding.join(', ')}`;
  const when = tick === 0 ? '' : ` at tick ${tick}, ${shortTime(t)}`;
  return [decision.reason, ...late, `${WORDS[decision.kind]}${held}${when}; ${served}`];
}

/** A JSON object a line, for programs: first the ticks, at last the decision. */
export function replayJson({
  lines,
  decision,
  t,
  tick,
  candidateRequests,
  countedBy,
  droppedLate,
}: Replayed): readonly string[] {
  const ticks = lines.map(({ t: at, plan, verdict }) => ({
    t: at,
    guard: plan.name,
    class: plan.class,
    verdict: verdict.kind,
    estimate: estimateOf(verdict),
    logE: verdict.numbers.harm.logE,
    needs: verdict.numbers.harm.needs,
    promote: verdict.numbers.promote,
    reason: verdict.reason,
  }));
  const last = { decision: decision.kind, tick, t: tick === 0 ? null : t, candidateRequests, countedBy, droppedLate };
  const whom = { guilty: decision.guilty, holding: decision.holding ?? [], reason: decision.reason };
  return [...ticks, { ...last, ...whom }].map((line) => JSON.stringify(line));
}

function estimateOf({ numbers }: Verdict): NonNullable<ReplayLine['verdict']['numbers']['estimate']> {
  return numbers.estimate ?? { what: 'odds ratio', value: numbers.oddsRatio, interval: numbers.interval };
}

function towards({ logE, needs, counts }: Verdict['numbers']['harm']): string {
  const number = (value: number) => (counts === undefined ? value.toFixed(2) : formatCount(value));
  return `${number(logE)} of ${number(needs)}${counts === undefined ? '' : ` ${counts}`}`;
}

/** Without milliseconds that are zero. */
const shortTime = (t: string): string => t.replace('.000Z', 'Z');
