import { explain } from '../rollout';
import type { RolloutResult } from '../rollout';
import { duration, plain, sentence } from './words';

/** What an ended rollout did, why, after how long, and what serves now. */
export function outcomeSentence(result: RolloutResult): string {
  const took = duration(result.endedAtMs - result.startedAtMs);
  const { because } = result.outcome;
  const next = because.kind === 'failure' ? ` ${sentence(because.failure.next)}` : '';
  const why = plain(`${sentence(explain(result.outcome))}${next}`);
  return `${result.candidate} ${DID[result.outcome.kind]} ${result.endpoint} after ${took}: ${why} ${servesNow(result)}`;
}

const DID: Readonly<Record<RolloutResult['outcome']['kind'], string>> = {
  promoted: 'was promoted on',
  rolledBack: 'was rolled back on',
  rejected: 'was rejected on',
  undecided: 'was withdrawn, undecided, on',
};

function servesNow(result: RolloutResult): string {
  if (result.serving !== null) return `${result.serving} serves all traffic.`;
  // Without a plan nothing had been touched yet, and what serves was never read or never there.
  return result.digest === null ? 'Nothing was changed.' : 'No endpoint was left behind.';
}
