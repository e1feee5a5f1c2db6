import { z } from 'zod';

/** One line of a trace: what one guard got from one variant in one tick. docs/traces.md has the meaning of each field. */
export type TraceRow = z.output<ReturnType<typeof rowSchema>> & { readonly line: number };

export interface TraceProblem {
  readonly line: number;
  readonly message: string;
}

export type ReadTrace =
  | { readonly ok: true; readonly rows: readonly TraceRow[] }
  | { readonly ok: false; readonly problems: readonly [TraceProblem, ...TraceProblem[]] };

/** Reads a JSONL trace: all its rows in the order of the file, or its mistakes by line. Empty lines are passed over. Never throws. */
export function readTrace(text: string): ReadTrace {
  const schema = rowSchema();
  const rows: TraceRow[] = [];
  const problems: TraceProblem[] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (source.trim() === '') continue;
    const value = parsed(source);
    const result = schema.safeParse(value);
    if (result.success) rows.push({ ...result.data, line });
    else if (value === undefined) problems.push({ line, message: 'not JSON' });
    else problems.push(...result.error.issues.map((issue) => ({ line, message: messageOf(issue) })));
  }
  const [first, ...rest] = problems;
  return first === undefined ? { ok: true, rows } : { ok: false, problems: [first, ...rest] };
}

function parsed(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

function messageOf(issue: z.core.$ZodIssue): string {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return `no field is called ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return at === '' ? 'not an object' : `"${at}": ${issue.message}`;
}

function rowSchema() {
  const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not an ISO-8601 time');
  const count = z.int('not a whole number').min(0, 'below zero');
  const percent = z.number('not a number').min(0, 'not 0–100').max(100, 'not 0–100');
  return z.strictObject({
    t: time,
    guard: z.string('not the name of a guard').min(1, 'empty'),
    variant: z.string('not the name of a variant').optional(),
    phase: z.enum(['baseline', 'calibrate', 'rollout'], 'not baseline, calibrate or rollout').optional(),
    unit: z.enum(['request', 'user'], 'not request or user').optional(),
    n: count.optional(),
    k: count.optional(),
    predictedAt: time.optional(),
    predicted: count.optional(),
    share: percent.optional(),
    captured: count.optional(),
    labelled: count.optional(),
    sampling: percent.optional(),
    cutoffs: z.array(z.number('not a number')).optional(),
    above: z.array(count).optional(),
    worse: count.optional(),
    better: count.optional(),
    counts: z.array(count).optional(),
    sum: z.number('not a number').optional(),
    squares: z.number('not a number').optional(),
    labels: z.record(z.string(), count).optional(),
    cells: z.record(z.string(), z.record(z.string(), count)).optional(),
    bins: z.record(z.string(), z.array(count)).optional(),
    ndcg: z.number('not a number').min(0, 'below zero').max(1, 'above 1').optional(),
    interval: z.tuple([z.number('not a number'), z.number('not a number')]).optional(),
    value: z.number('not a number').nullable().optional(),
    state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA'], 'not the state of an alarm').optional(),
    dataPoints: count.nullable().optional(),
    answer: z
      .enum(['pass', 'fail', 'inconclusive', 'timeout', 'unreachable', 'invalid'], 'not the answer of a webhook')
      .optional(),
    said: z.string('not text').optional(),
  });
}
