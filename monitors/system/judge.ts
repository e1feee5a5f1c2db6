import type { GuardState } from '../../guards';
import { alphaOfWindow, budgetSettings, classed, countWindow, HALF } from '../budget';
import type { CountedWindows } from '../budget';
import type { Check, Checked, Json, MonitorReport } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { judgeSaturation, judgeScaling } from './capacity';
import { judgeCapture } from './capture';
import { judgePipeline } from './pipeline';
import { judgeRates, judgeUsual, STATISTICAL_CHECKS, usualName } from './rates';
import { USUAL } from './baseline';
import type { SystemBaseline, SystemEvidence, SystemLimits } from './types';

export const BASELINE_FILE = 'system.json';
const HOUR_MS = 3_600_000;

/** What is carried from window to window: how many there were, and what data capture has kept, by variant. */
interface Carried extends CountedWindows {
  readonly captures: Readonly<Record<string, GuardState>>;
}

const RATES = ['errors_5xx', 'errors_4xx', 'cold_start', ...Object.keys(USUAL).map(usualName)];
const CLASSES = {
  ...Object.fromEntries(RATES.map((name) => [`${name}_check`, 'approximate' as const])),
  capture_loss_check: 'guaranteed' as const,
};

const checkOf = (judged: ReturnType<typeof judgeCapture> | undefined): readonly Check[] =>
  judged === null || judged === undefined ? [] : [judged.check];

/** Judges a window of an endpoint's own numbers. Pure: `asOfMs` is when they were read. */
export function judgeSystem(
  evidence: SystemEvidence,
  p: {
    readonly baseline: SystemBaseline | null;
    readonly limits: SystemLimits;
    readonly asOfMs: number;
    readonly carried?: Json | undefined;
  }
): Checked {
  const { window, variants, activities, pipeline } = evidence;
  const { baseline, limits, asOfMs } = p;
  const { before, counted } = countWindow(p.carried, window);
  const shares = Math.max(1, variants.length);
  const alpha = alphaOfWindow(limits.falseAlarm * HALF, before) / (shares * STATISTICAL_CHECKS);
  const carried = (p.carried as unknown as Carried | undefined)?.captures ?? {};
  const captures = variants.map((one) => ({
    variant: one.variant,
    judged: judgeCapture(one, { limits, alpha: (limits.falseAlarm * HALF) / shares, carried: carried[one.variant] }),
  }));
  const hours = (window.toMs - window.fromMs) / HOUR_MS;
  const found: readonly Check[] = [
    ...variants.flatMap((one, i) => [
      ...judgeRates(one, { baseline, limits, alpha }),
      ...judgeUsual(one, { baseline, limits, alpha }),
      ...judgeSaturation(one, limits),
      ...judgeScaling(one, { activities, limits, hours }),
      ...checkOf(captures[i]?.judged),
    ]),
    ...(pipeline === null ? [] : judgePipeline(pipeline, { limits, asOfMs })),
  ];
  const checks = classed(found, CLASSES);
  const minutes = variants.reduce((sum, one) => sum + one.minutes.length, 0);
  const report: MonitorReport = {
    schema: 1,
    monitor: 'system',
    verdict: worstVerdict(checks),
    reason: summaryOf(checks),
    rows: { read: minutes, used: minutes },
    window,
    checks,
    issues: [],
    evidence: [{ source: `cloudwatch:AWS/SageMaker/${evidence.endpoint}`, etag: null, bytes: 0 }],
    settings: {
      ...limits,
      budget: budgetSettings(checks, { falseAlarm: limits.falseAlarm, windows: before + 1, alphaOfEachCheck: alpha }),
    },
  };
  const violations = checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ subject, check, reason }) => ({ metric_name: subject, constraint_check_type: check, description: reason }));
  const kept = captures.flatMap(({ variant, judged }) => (judged === null ? [] : [[variant, judged.state] as const]));
  return {
    artefacts: {
      'constraint_violations.json': { violations },
      ...(baseline !== null && { [BASELINE_FILE]: baseline as unknown as Json }),
    },
    report,
    carry: { ...counted, captures: Object.fromEntries(kept) } as unknown as Json,
  };
}
