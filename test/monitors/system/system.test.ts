import { describe, expect, test } from '@jest/globals';
import { sampleMaker } from '../../../bench/peers/random-data';
import { systemBaseline } from '../../../monitors/system/baseline';
import { judgeSystem } from '../../../monitors/system/judge';
import { parseSystemOptions } from '../../../monitors/system/options';
import type {
  MinuteMetrics,
  PipelineEvidence,
  SystemEvidence,
  SystemLimits,
  VariantEvidence,
} from '../../../monitors/system/types';
import type { Checked, Json } from '../../../monitors/types';

const MINUTE = 60_000;
const start = Date.UTC(2026, 0, 5, 10);
const make = sampleMaker(8);

function limitsOf(raw: Readonly<Record<string, Json>> = {}): SystemLimits {
  const parsed = parseSystemOptions(raw);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.options;
}

const minute = (atMs: number, change: Partial<MinuteMetrics> = {}): MinuteMetrics => {
  const p50 = 20 + 2 * (make.normals(1)[0] ?? 0);
  return {
    atMs,
    invocations: 200,
    errors4xx: 0,
    errors5xx: Number(make.uniform() < 0.2),
    latencyMs: { p50, p90: p50 * 1.5, p99: p50 * 2 },
    overheadP99Ms: 3 + make.uniform(),
    cpuPct: 50 + 5 * make.uniform(),
    memoryPct: 40 + make.uniform(),
    diskPct: 20,
    invocationsPerInstance: 100,
    coldStarts: 0,
    captured: 200,
    ...change,
  };
};

function evidenceOf(
  minutes: number,
  p: {
    readonly fromMs?: number;
    readonly each?: Partial<MinuteMetrics>;
    readonly variant?: Partial<VariantEvidence>;
    readonly whole?: Partial<SystemEvidence>;
  } = {}
): SystemEvidence {
  const fromMs = p.fromMs ?? start;
  const variant: VariantEvidence = {
    variant: 'v7',
    instances: { current: 2, desired: 2 },
    scaling: { min: 1, max: 4, target: 150 },
    sampling: 1,
    minutes: Array.from({ length: minutes }, (_, i) => minute(fromMs + i * MINUTE, p.each)),
    ...p.variant,
  };
  return {
    endpoint: 'reviews',
    window: { fromMs, toMs: fromMs + minutes * MINUTE },
    variants: [variant],
    activities: [],
    pipeline: null,
    ...p.whole,
  };
}

const baseline = systemBaseline(evidenceOf(1_440, { fromMs: start - 1_440 * MINUTE }));
const judge = (evidence: SystemEvidence, limits = limitsOf()): Checked =>
  judgeSystem(evidence, { baseline, limits, asOfMs: evidence.window.toMs + 5 * MINUTE });
const failed = ({ report }: Checked): readonly string[] =>
  report.checks.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);

describe('an endpoint against its own history', () => {
  test('quiet hours pass: of 100 of them not more alarm than the false-alarm probability allows', () => {
    const alarms = Array.from({ length: 100 }, () => failed(judge(evidenceOf(60))).length > 0);
    expect(alarms.filter(Boolean).length).toBeLessThanOrEqual(4);
  });

  const p50 = 40;
  const troubles: readonly (readonly [string, readonly string[], SystemEvidence, SystemLimits?])[] = [
    ['errors', ['errors_5xx_check'], evidenceOf(60, { each: { errors5xx: 2 } })],
    ['refusals', ['errors_4xx_check'], evidenceOf(60, { each: { errors4xx: 5 } })],
    ['latency', ['p50_check', 'p99_check'], evidenceOf(60, { each: { latencyMs: { p50, p90: 60, p99: 90 } } })],
    ['a latency limit', ['p99_check'], evidenceOf(60), limitsOf({ p99Ms: 30 })],
    ['memory', ['memory_check', 'memory_saturation_check'], evidenceOf(60, { each: { memoryPct: 91 } })],
    ['a full disk', ['disk_saturation_check'], evidenceOf(60, { each: { diskPct: 80 } })],
    [
      'no room to grow',
      ['invocations_per_instance_saturation_check'],
      evidenceOf(60, { each: { invocationsPerInstance: 300 }, variant: { instances: { current: 4, desired: 4 } } }),
    ],
    ['cold starts', ['cold_start_check'], evidenceOf(60, { each: { coldStarts: 3 } })],
    ['lost captures', ['capture_loss_check'], evidenceOf(60, { each: { captured: 150 } })],
    ['captures that stopped', ['capture_loss_check'], evidenceOf(60, { each: { captured: 0 } })],
    [
      'scaling that fails',
      ['scaling_check'],
      evidenceOf(60, {
        whole: { activities: [{ variant: 'v7', startMs: start, endMs: null, status: 'Failed', cause: 'no capacity' }] },
      }),
    ],
  ];
  test.each(troubles.map(([name, checks, evidence, limits = limitsOf()]) => [name, checks, evidence, limits] as const))(
    '%s',
    (_name, checks, evidence, limits) => {
      expect(failed(judge(evidence, limits))).toEqual(expect.arrayContaining([...checks]));
      expect(failed(judge(evidence, limits))).toHaveLength(checks.length);
    }
  );

  test('above the target with room to grow, half of the calls captured as configured, processors as they are: no alarm', () => {
    const evidence = evidenceOf(60, {
      each: { invocationsPerInstance: 300, captured: 100 },
      variant: { sampling: 0.5 },
    });
    expect(failed(judge(evidence))).toEqual([]);
    expect(failed(judge(evidence, limitsOf({ vCpus: 1, cpuPct: 40 })))).toEqual(['cpu_saturation_check']);
    expect(failed(judge(evidence, limitsOf({ vCpus: 2, cpuPct: 40 })))).toEqual([]);
  });

  test('without traffic nothing is good news', () => {
    const silent = { invocations: 0, errors5xx: 0, latencyMs: null, overheadP99Ms: null, captured: 0 };
    const { report } = judge(evidenceOf(60, { each: silent }));
    expect(report.verdict).toBe('inconclusive');
    expect(report.checks.find(({ check }) => check === 'errors_5xx_check')?.reason).toMatch(/100 more requests/);
  });

  test('what data capture lost adds up over windows, each minute once', () => {
    const lossy = (window: number) =>
      evidenceOf(5, { fromMs: start + window * 5 * MINUTE, each: { invocations: 30, captured: 27, errors5xx: 0 } });
    let carried: Json | undefined;
    const verdicts: string[] = [];
    for (let window = 0; window < 30 && verdicts.at(-1) !== 'fail'; window++) {
      const checked = judgeSystem(lossy(window), { baseline, limits: limitsOf(), asOfMs: start, carried });
      const again = judgeSystem(lossy(window), { baseline, limits: limitsOf(), asOfMs: start, carried: checked.carry });
      expect(again.carry).toEqual(checked.carry);
      carried = JSON.parse(JSON.stringify(checked.carry)) as Json;
      verdicts.push(checked.report.checks.find(({ check }) => check === 'capture_loss_check')?.verdict ?? '');
    }
    expect(verdicts[0]).not.toBe('fail');
    expect(verdicts.at(-1)).toBe('fail');
  });
});

describe('the pipeline itself', () => {
  const well: PipelineEvidence = {
    runs: [
      { name: 'monitor/quality', dueMs: start, startedMs: start + 1_000, endedMs: start + 9_000, status: 'completed' },
    ],
    workers: [{ taskQueue: 'sluice', pollers: 2, backlog: 0 }],
    schedules: [{ id: 'monitor/quality', paused: false, missedCatchUp: 0, skippedOverlap: 0 }],
  };
  const check = (change: Partial<PipelineEvidence>): readonly string[] =>
    failed(judge(evidenceOf(60, { whole: { pipeline: { ...well, ...change } } })));
  const run = well.runs[0];
  if (run === undefined) throw new Error('no run');

  test.each([
    ['all well', {}, []],
    ['a failed run', { runs: [{ ...run, status: 'failed' }] }, ['pipeline_run_check']],
    [
      'a run that never came',
      { runs: [{ ...run, startedMs: null, endedMs: null, status: 'missed' }] },
      ['pipeline_run_check'],
    ],
    ['a run that came late', { runs: [{ ...run, startedMs: start + 20 * MINUTE }] }, ['pipeline_run_check']],
    ['nobody polls', { workers: [{ taskQueue: 'sluice', pollers: 0, backlog: 7 }] }, ['pipeline_worker_check']],
    [
      'a paused schedule',
      { schedules: [{ id: 'm', paused: true, missedCatchUp: 0, skippedOverlap: 0 }] },
      ['pipeline_schedule_check'],
    ],
    [
      'runs that overlap',
      { schedules: [{ id: 'm', paused: false, missedCatchUp: 0, skippedOverlap: 3 }] },
      ['pipeline_schedule_check'],
    ],
  ] as const)('%s', (_name, change, checks) => {
    expect(check(change)).toEqual(checks);
  });
});
