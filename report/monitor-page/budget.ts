import { percent } from '../words';
import type { PageReport } from './types';
import { isRecord } from '../../spec/is-record';

/** What the report promises about false alarms, in sentences. */
export function budgetLines({ settings, checks }: PageReport): readonly string[] {
  const budget = settings['budget'];
  const named = (isThreshold: boolean): readonly string[] => [
    ...new Set(checks.filter((one) => (one.class === 'threshold') === isThreshold).map(({ check }) => check)),
  ];
  const within = named(false);
  const thresholds = named(true).map((check) => (within.includes(check) ? `${check} (some subjects)` : check));
  const outside =
    thresholds.length === 0
      ? []
      : [
          `Limits, crossed by chance as often as data happen to cross them, outside of any budget: ${thresholds.join(', ')}.`,
        ];
  if (!isRecord(budget)) return outside.length > 0 ? outside : ['Nothing is promised about false alarms.'];
  const { falseAlarmProbability: probability, covers, windows } = budget;
  const covered = Array.isArray(covers) ? covers.map(String) : [];
  const among = (kind: string) => [
    ...new Set(checks.filter((one) => one.class === kind && covered.includes(one.check)).map(({ check }) => check)),
  ];
  const said = typeof probability === 'number' ? percent(100 * probability) : 'a probability';
  const [exact, roughly] = [among('guaranteed'), among('approximate')];
  return [
    ...(covered.length === 0
      ? []
      : [
          `Any false alarm at all, over all subjects and all windows to come, has a probability of ${said} at most${typeof windows === 'number' ? `; this is window ${windows}` : ''}.`,
        ]),
    ...(exact.length > 0 ? [`It holds exactly for ${exact.join(', ')}.`] : []),
    ...(roughly.length > 0 ? [`It holds as far as a normal approximation does for ${roughly.join(', ')}.`] : []),
    ...outside,
  ];
}
