import { describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withDataset } from '../../../bench/peers/dataset';
import type { Columns } from '../../../bench/peers/dataset';
import { sampleMaker } from '../../../bench/peers/random-data';
import { conceptDriftAnalyzer } from '../../../monitors/concept-drift/analyzer';
import type { DriftOptions } from '../../../monitors/concept-drift/options';
import type { Artefacts, Checked, Json } from '../../../monitors/types';

const MINUTE = 60_000;
const start = Date.UTC(2026, 5, 1, 9);
const make = sampleMaker(77);

function optionsOf(raw: Readonly<Record<string, Json>>): DriftOptions {
  const parsed = conceptDriftAnalyzer.parseOptions(raw);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.options;
}

const watched = optionsOf({
  values: ['score'],
  prediction: 'answer',
  label: 'truth',
  positiveLabel: 'yes',
  detectors: ['martingale', 'adwin'],
});

/** Rows in the order of time, of two variants; `wrong` is the share of wrong answers of the second one. */
function rows(n: number, p: { readonly wrong: number; readonly shift: number; readonly fromMs: number }): Columns {
  const truth = make.categories(n, { yes: 1, no: 1 });
  const isNew = truth.map((_, i) => i % 2 === 1);
  const flip = (label: string) => (label === 'yes' ? 'no' : 'yes');
  const answer = truth.map((label, i) => (make.uniform() < (isNew[i] ? p.wrong : 0.1) ? flip(label) : label));
  const score = make.normals(n).map((x, i) => x + (isNew[i] ? p.shift : 0));
  return {
    cells: { answer, truth, score },
    atMs: truth.map((_, i) => p.fromMs + Math.floor((i * 10 * MINUTE) / n)),
    variants: isNew.map((is) => (is ? 'new' : 'old')),
  };
}

async function play<T>(
  columns: Columns,
  use: (made: Parameters<Parameters<typeof withDataset>[1]>[0] & { readonly own: string }) => Promise<T>,
  shards: readonly number[] = []
): Promise<T> {
  return withDataset(columns, async (made) => {
    const { work, dataset, dir } = made;
    const own = path.join(dir, 'own');
    await mkdir(own);
    const parts: string[] = [];
    for (const shard of shards) {
      const part = path.join(dir, `part-${shard}`);
      await mkdir(part);
      await work.db.run(`CREATE OR REPLACE TABLE part AS SELECT * FROM data WHERE _line % ${shards.length} = ${shard}`);
      await conceptDriftAnalyzer.digest(work, { ...dataset, table: 'part' }, { options: watched, dir: part });
      parts.push(part);
    }
    if (parts.length > 0) await conceptDriftAnalyzer.merge(work, parts, own);
    else await conceptDriftAnalyzer.digest(work, dataset, { options: watched, dir: own });
    return use({ ...made, own });
  });
}

const baselineOf = (columns: Columns): Promise<Artefacts> =>
  play(columns, ({ work, state, own }) => conceptDriftAnalyzer.baseline(work, state(own), watched));

const checkOf = (
  columns: Columns,
  baseline: Artefacts,
  { carried, shards = [] }: { readonly carried?: Json | undefined; readonly shards?: readonly number[] } = {}
): Promise<Checked> =>
  play(
    columns,
    ({ work, state, own }) =>
      conceptDriftAnalyzer.check({ ...work, ...(carried !== undefined && { carried }) }, state(own), {
        options: watched,
        baseline: { artefacts: baseline, stateDir: null },
      }),
    shards
  );

const failed = ({ report }: Checked): readonly string[] =>
  report.checks.filter(({ verdict }) => verdict === 'fail').map(({ subject, check }) => `${subject} ${check}`);

describe('scores and errors of two variants over windows', () => {
  const good = { wrong: 0.1, shift: 0 };
  const live = (from: number, what: { readonly wrong: number; readonly shift: number }) =>
    rows(2_400, { ...what, fromMs: start + from * 10 * MINUTE });

  test('windows without a change pass; the variant that changes is named, with the time; the memory is what decides', async () => {
    const baseline = await baselineOf(rows(8_000, { ...good, fromMs: start - 60 * MINUTE }));
    const first = await checkOf(live(0, good), baseline);
    expect(first.report.checks).toHaveLength(8);
    expect(failed(first)).toEqual([]);
    let { carry } = first;
    let [windows, last] = [0, first];
    let columns = live(1, good);
    while (failed(last).length === 0 && windows < 8) {
      windows += 1;
      columns = live(windows, { wrong: 0.145, shift: 0 });
      last = await checkOf(columns, baseline, { carried: carry });
      carry = last.carry;
    }
    expect(failed(last)).toContain('new/error conformal_martingale_check');
    expect(failed(last).filter((name) => !name.startsWith('new/error'))).toEqual([]);
    expect(windows).toBeGreaterThan(1);
    expect(failed(await checkOf(columns, baseline))).toEqual([]);

    const broken = await checkOf(live(3, { wrong: 0.5, shift: 1 }), baseline, { carried: first.carry });
    expect(failed(broken)).toEqual(
      expect.arrayContaining([
        'new/error conformal_martingale_check',
        'new/score conformal_martingale_check',
        'new/score adwin_check',
      ])
    );
    expect(broken.report.checks.find(({ verdict }) => verdict === 'fail')?.reason).toMatch(
      /changed by 2026-06-01T09:3/
    );
    expect(JSON.stringify(broken.carry).length).toBeLessThan(20_000);
  });

  test('shards of any number watch the same stream in the same order', async () => {
    const baseline = await baselineOf(rows(4_000, { ...good, fromMs: start - 60 * MINUTE }));
    const columns = live(0, { wrong: 0.3, shift: 0.4 });
    expect(await checkOf(columns, baseline, { shards: [2, 0, 1] })).toEqual(await checkOf(columns, baseline));
  });

  test('a baseline that is too small for the level concludes nothing', async () => {
    const baseline = await baselineOf(rows(60, { ...good, fromMs: start - 60 * MINUTE }));
    const { report } = await checkOf(live(0, { wrong: 0.9, shift: 3 }), baseline);
    const martingales = report.checks.filter(({ check }) => check === 'conformal_martingale_check');
    expect(martingales.map(({ verdict }) => verdict)).toEqual(Array(4).fill('inconclusive'));
    expect(martingales[0]?.reason).toMatch(/a baseline of 60 values is too small/);
  });

  test('a binary classifier that says probabilities is wrong where it says the other side, whatever that is called', async () => {
    const probability = optionsOf({ probability: 'score', label: 'truth', positiveLabel: 'yes' });
    const columns = { cells: { score: ['0.9', '0.2', '0.7', '0.1'], truth: ['yes', 'no', 'no', 'yes'] } };
    const baseline = await withDataset(columns, async ({ work, dataset, dir, state }) => {
      const own = path.join(dir, 'own');
      await mkdir(own);
      await conceptDriftAnalyzer.digest(work, dataset, { options: probability, dir: own });
      return conceptDriftAnalyzer.baseline(work, state(own), probability);
    });
    expect(baseline['concept-drift.json']).toMatchObject({ subjects: { error: { mean: 0.5 } } });
  });
});
