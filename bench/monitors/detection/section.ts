import { DEFAULT_OPTIONS } from '../../../monitors/data-quality/options';
import type { Bench } from '../sections/section';
import { playAll } from './play';
import type { Played } from './play';
import { RULES } from './rules';
import { BASELINE_ROWS, FEATURES, HOURS, ONSET_HOUR, ROWS_A_MINUTE, SHIFTS } from './world';

const SEED = 2030;

function tableOf(played: readonly Played[]): string {
  const rows = played.map(({ rule, streams, falseAlarms, found, medianDelayMinutes }) => {
    const delay = medianDelayMinutes === null ? '–' : `${medianDelayMinutes} min`;
    return `| ${rule} | ${falseAlarms} | ${found} of ${streams - falseAlarms} | ${delay} |`;
  });
  return ['| rule | false alarms | found | median delay |', '|---|---|---|---|', ...rows].join('\n');
}

/** How often a rule alarms without reason and how soon with one; the streams are the same for all rules. */
export const detection = {
  name: 'detection',
  about:
    `detection on simulated traffic: ${FEATURES.length} features, ${ROWS_A_MINUTE * 60} rows an hour for ${HOURS} hours, a baseline of ${BASELINE_ROWS} rows; ` +
    `a shift begins after ${ONSET_HOUR} hours, in one feature. Peers' rules are computed by us, by their documented defaults`,
  /** @param divide what the numbers of streams, 1,000 without a change and 100 for each shift, are divided by. */
  async play({ divide, say }: Pick<Bench, 'divide' | 'say'>) {
    const played: Played[] = [];
    const parts: string[] = [];
    for (const shift of [null, ...SHIFTS]) {
      const streams = Math.max(5, Math.round((shift === null ? 1000 : 100) / divide));
      say(`${streams} streams: ${shift?.name ?? 'nothing changes'}`);
      const found = playAll(RULES, { shift, streams, seed: SEED });
      played.push(...found);
      parts.push(`#### ${shift?.name ?? `nothing changes: ${streams} streams`}\n${tableOf(found)}`);
    }
    const budget = DEFAULT_OPTIONS.falseAlarmProbability ?? 0;
    const nulls = played.filter(({ shift, rule }) => shift === null && rule.startsWith('Sluice'));
    // Four standard errors: a rule at its budget passes nearly always, one at twice its budget does not.
    const isWithinBudget = nulls.every(
      ({ falseAlarms, streams }) => falseAlarms <= budget * streams + 4 * Math.sqrt(budget * (1 - budget) * streams)
    );
    parts.push(`false alarms within the budget of ${budget}: ${isWithinBudget ? 'yes' : 'NO'}`);
    return { text: parts.join('\n\n'), data: { seed: SEED, budget, isWithinBudget, played } };
  },
};
