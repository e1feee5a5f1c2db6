import { describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import { sampleMaker } from '../../../bench/peers/random-data';
import { formatEvent } from '../../../gateway/event-format';
import { businessAnalyzer } from '../../../monitors/business/analyzer';
import type { Artefacts, Checked, Json } from '../../../monitors/types';

const MINUTE = 60_000;
const start = Date.UTC(2026, 2, 3, 8);
const make = sampleMaker(3);

interface Call {
  readonly id: string;
  readonly variant: string;
  readonly atMs: number;
}

/** Half an hour of calls to two variants. */
const calls = (n: number, fromMs: number): readonly Call[] =>
  Array.from({ length: n }, (_, i) => ({
    id: `call-${fromMs}-${i}`,
    variant: i % 2 === 0 ? 'old' : 'new',
    atMs: fromMs + Math.floor((i * 30 * MINUTE) / n),
  }));

const event = (
  call: Call,
  p: { readonly value?: number; readonly afterMs?: number; readonly id?: string } = {}
): string =>
  formatEvent({
    version: 1,
    eventId: p.id ?? `event-${call.id}`,
    event: 'conversion',
    endpoint: 'shop',
    inferenceId: call.id,
    value: p.value ?? 1,
    at: new Date(call.atMs + (p.afterMs ?? MINUTE)).toISOString(),
    receivedAt: new Date(call.atMs + 2 * MINUTE).toISOString(),
  });

async function play(
  own: readonly Call[],
  p: {
    readonly events: string;
    readonly baseline?: Artefacts;
    readonly carried?: Json | undefined;
    readonly options?: Readonly<Record<string, Json>>;
    readonly asOfMs?: number;
    readonly shards?: boolean;
    /** Of another object of events, which says that it is packed and is not. */
    readonly broken?: boolean;
  }
): Promise<{ readonly artefacts: Artefacts; readonly checked: Checked | null }> {
  const columns = {
    cells: { answer: own.map(() => 'x') },
    ids: own.map(({ id }) => id),
    atMs: own.map(({ atMs }) => atMs),
    variants: own.map(({ variant }) => variant),
  };
  return withDataset(columns, async ({ work, dataset, dir, state }) => {
    const events = path.join(dir, 'events');
    await mkdir(events);
    await writeFile(path.join(events, 'a.jsonl'), p.events);
    if (p.broken === true) await writeFile(path.join(events, 'b.jsonl.gz'), 'not packed at all');
    const parsed = businessAnalyzer.parseOptions({ event: 'conversion', events, incumbent: 'old', ...p.options });
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const { options } = parsed;
    const last = own.at(-1)?.atMs ?? 0;
    const looked = {
      ...work,
      asOfMs: p.asOfMs ?? last + 40 * MINUTE,
      ...(p.carried !== undefined && { carried: p.carried }),
    };
    const folder = path.join(dir, 'own');
    await mkdir(folder);
    if (p.shards === true) {
      const parts = [];
      for (const shard of [1, 0]) {
        const part = path.join(dir, `part-${shard}`);
        await mkdir(part);
        await work.db.run(`CREATE OR REPLACE TABLE part AS SELECT * FROM data WHERE _line % 2 = ${shard}`);
        await businessAnalyzer.digest(looked, { ...dataset, table: 'part' }, { options, dir: part });
        parts.push(part);
      }
      await businessAnalyzer.merge(looked, parts, folder);
    } else await businessAnalyzer.digest(looked, dataset, { options, dir: folder });
    if (p.baseline === undefined)
      return { artefacts: await businessAnalyzer.baseline(looked, state(folder), options), checked: null };
    const baseline = { artefacts: p.baseline, stateDir: null };
    return {
      artefacts: p.baseline,
      checked: await businessAnalyzer.check(looked, state(folder), { options, baseline }),
    };
  });
}

/** Calls that convert, at a rate that may differ by variant. */
const converted = (own: readonly Call[], rate: Readonly<Record<string, number>>): string =>
  own
    .filter(({ variant }) => make.uniform() < (rate[variant] ?? 0))
    .map((call) => event(call))
    .join('');

const verdicts = (checked: Checked | null) =>
  checked?.report.checks.map(({ subject, check, verdict }) => `${subject} ${check} ${verdict}`);

describe('conversions joined to the variants that answered', () => {
  const before = calls(4_000, start - 60 * MINUTE);
  const rate = { old: 0.1, new: 0.1 };

  test('a candidate that converts less is found against the incumbent, with what it costs; over windows by what is carried', async () => {
    const { artefacts } = await play(before, { events: converted(before, rate) });
    let carried: Json | undefined;
    let found: Checked | null = null;
    for (let window = 0; window < 6 && found?.report.verdict !== 'fail'; window++) {
      const own = calls(2_000, start + window * 30 * MINUTE);
      const events = converted(own, { old: 0.1, new: 0.06 });
      ({ checked: found } = await play(own, { events, baseline: artefacts, carried, options: { worth: 20 } }));
      carried = found?.carry;
    }
    expect(verdicts(found)).toContain('new business_effect_check fail');
    const effect = (found?.artefacts['business.json'] as Record<string, Record<string, Record<string, Json>>>)[
      'effects'
    ]?.['new'];
    const [low, high] = effect?.['interval'] as readonly [number, number];
    expect(high).toBeLessThan(0);
    expect(low).toBeLessThan(-0.04);
    expect(high).toBeGreaterThan(-0.04);
    expect(effect?.['worth']).toMatchObject({ in_words: expect.stringMatching(/^-\d.* per thousand calls \(-/) });
  });

  test('events that come twice, too late, of other names or broken change nothing; two shards count as one', async () => {
    const { artefacts } = await play(before, { events: converted(before, rate) });
    const own = calls(1_000, start);
    const clean = converted(own, rate);
    const [first, second] = own;
    if (first === undefined || second === undefined) throw new Error('no calls');
    const noise =
      clean.split('\n').slice(0, 5).join('\n') +
      `\nbroken\n{"version":1,"event":"conversion"}\n` +
      event(first, { id: 'late', afterMs: 31 * MINUTE }) +
      event(second, { id: 'early', afterMs: -1 }) +
      event(second, { id: 'other' }).replace('"conversion"', '"return"');
    const plain = await play(own, { events: clean, baseline: artefacts });
    const noisy = await play(own, { events: clean + noise, baseline: artefacts, shards: true });
    expect(noisy.checked?.artefacts).toEqual(plain.checked?.artefacts);
    expect(noisy.checked?.carry).toEqual(plain.checked?.carry);
    expect(noisy.checked?.report.issues.map(({ kind, count }) => [kind, count])).toEqual([
      ['duplicateId', 5],
      ['notJson', 2],
    ]);
  });

  test('calls whose time for the event is not over are not counted as misses; too few conclude nothing', async () => {
    const { artefacts } = await play(before, { events: converted(before, rate) });
    const own = calls(1_000, start);
    const early = await play(own, { events: '', baseline: artefacts, asOfMs: start + 20 * MINUTE });
    expect(early.checked?.report.rows.used).toBe(0);
    expect(early.checked?.report.verdict).toBe('inconclusive');
    const gone = await play(own, { events: '', baseline: artefacts });
    expect(verdicts(gone.checked)?.[0]).toBe('conversion business_baseline_check fail');
  });

  test('an object of events that cannot be read is an error, not calls that nobody followed; the window counts for nothing until it is judged again', async () => {
    const { artefacts } = await play(before, { events: converted(before, rate) });
    await expect(play(before, { events: converted(before, rate), broken: true })).rejects.toThrow(
      /conversion: an object of events could not be read, the first is .*b\.jsonl\.gz/
    );
    const own = calls(2_000, start);
    const whole = { events: converted(own, rate), baseline: artefacts };
    const { checked } = await play(own, whole);
    const carried = checked?.carry;
    const later = calls(2_000, start + 30 * MINUTE);
    const { checked: lost } = await play(later, { ...whole, events: '', carried, broken: true });
    expect(verdicts(lost)).toEqual(['conversion business_baseline_check error']);
    expect(lost?.report.verdict).toBe('error');
    expect(lost?.report.issues).toContainEqual(expect.objectContaining({ kind: 'unreadable', count: 1 }));
    expect(lost?.carry).toEqual(carried);
    expect(verdicts((await play(later, { ...whole, events: '', carried })).checked)).toContain(
      'conversion business_baseline_check fail'
    );
  });

  test('revenue is compared by its sums', async () => {
    const options = { measure: 'value' };
    const spend = (own: readonly Call[], factor: number) =>
      own
        .filter(() => make.uniform() < 0.3)
        .map((call) => event(call, { value: (call.variant === 'new' ? factor : 1) * (10 + 20 * make.uniform()) }))
        .join('');
    const { artefacts } = await play(before, { events: spend(before, 1), options });
    let carried: Json | undefined;
    let last: Checked | null = null;
    for (let window = 0; window < 8 && last?.report.verdict !== 'fail'; window++) {
      const own = calls(3_000, start + window * 30 * MINUTE);
      ({ checked: last } = await play(own, { events: spend(own, 0.7), baseline: artefacts, carried, options }));
      carried = last?.carry;
    }
    expect(last?.report.verdict).toBe('fail');
  });
});
