import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectGolden } from '../support/golden';
import { run } from './run-main';

const cwd = path.join(__dirname, 'fixtures', 'replay');
const replay = (...words: readonly string[]) => run(['guard', 'replay', ...words], { cwd });

describe('sluice guard replay', () => {
  test('prints a line per tick and guard, and ends with the decision, its tick and the candidate requests served', async () => {
    const { code, out, err } = await replay('worse.jsonl', '--guards', 'guards.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectGolden('scripts/golden/guard-replay.txt', out.trimEnd());
    expect(out.trimEnd().split('\n').at(-1)).toMatch(
      /^rolled back at tick \d+, 2026-03-01T\S+Z; [\d,]+ candidate requests served \(counted by errors\)$/
    );
  });

  test('prints the same as a JSON object a line', async () => {
    const text = (await replay('worse.jsonl', '--guards', 'guards.yaml')).out.trimEnd().split('\n');
    const { code, out } = await replay('worse.jsonl', '--guards', 'guards.yaml', '--json');
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ decision: 'rollBack', guilty: 'errors', countedBy: 'errors', droppedLate: 0 });
    // Heading, blank line, reason and conclusion are for people only; the decision is for programs.
    expect(lines.length - 1).toBe(text.length - 4);
    expect(lines[0]).toMatchObject({ guard: 'errors', class: 'approximate', verdict: 'inconclusive' });
    expect(lines.filter(({ guard, verdict }) => guard === 'threshold' && verdict === 'inconclusive')).toHaveLength(1);
  });

  test('judges late labels by cohort, and counts those that come after the maturity as dropped', async () => {
    const { code, out } = await replay('late-labels.jsonl', '--guards', 'late-labels.yaml');
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    // The first predictions are from 12:00 to 12:01 and mature ten minutes later.
    expect(lines[1]).toMatch(/^2026-03-01T12:11:00Z {2}quality {2}.* inconclusive$/);
    expect(lines[2]).toMatch(/^2026-03-01T12:11:00Z {2}labelLoss {2}share missing on the candidate {2}0\.233 /);
    expect(out).toMatch(/labels came too late and were dropped/);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(
      /^promoted at tick \d+, \S+; [\d,]+ candidate requests served \(counted by quality\)$/
    );
  });

  describe('when something is wrong', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'sluice-replay-'));
      await writeFile(path.join(folder, 'guards.yaml'), 'guards: [{ kind: errors }]\n');
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const row = (more: object) =>
      JSON.stringify({ t: '2026-01-01T00:01:00Z', variant: 'candidate', guard: 'errors', n: 3, k: 1, ...more });

    test.each([
      ['{"t": 3}', /trace\.jsonl:1 {2}"t": .*\ntrace\.jsonl:1 {2}"guard": not the name of a guard/],
      ['{', /trace\.jsonl:1 {2}not JSON/],
      [row({ m: 3 }), /trace\.jsonl:1 {2}no field is called "m"/],
      [row({ n: -1 }), /trace\.jsonl:1 {2}"n": below zero/],
      [row({ t: 'noon' }), /"t": not an ISO-8601 time/],
      [row({ guard: 'latency' }), /Line 1 of the trace is for latency; the guards are errors\./],
      [row({ variant: 'v8' }), /Which variant is the candidate\? Say --candidate; the trace has v8\./],
      [
        `${row({})}\n${row({ variant: 'a' })}\n${row({ variant: 'b' })}`,
        /Which variant is the incumbent\? .*besides candidate the trace has a, b/,
      ],
      [`${row({})}\n${row({ k: 0 })}`, /Lines 1 and 2 of the trace are the same tick of errors\./],
      [row({ k: undefined }), /Line 1 of the trace: errors needs "k"\./],
      [row({ predictedAt: '2026-01-01T00:00:00Z' }), /"predictedAt", but the guards file has no maturity/],
    ])('%s is a mistake of the trace, with its line', async (text, message) => {
      await writeFile(path.join(folder, 'trace.jsonl'), `${text}\n`);
      const { code, out, err } = await run(['guard', 'replay', 'trace.jsonl', '--guards', 'guards.yaml'], {
        cwd: folder,
      });
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(message);
    });

    test('an absolute margin without a baseline says how to give one', async () => {
      await writeFile(path.join(folder, 'quality.yaml'), 'guards: [{ kind: quality }]\n');
      await writeFile(path.join(folder, 'trace.jsonl'), `${row({ guard: 'quality' })}\n`);
      const { code, err } = await run(['guard', 'replay', 'trace.jsonl', '--guards', 'quality.yaml'], { cwd: folder });
      expect(code).toBe(2);
      expect(err).toMatch(/no counts of the incumbent.*: quality\. Add rows with "phase": "baseline" to the trace\./);
    });

    test('mistakes of the guards file are shown with their place', async () => {
      await writeFile(path.join(folder, 'bad.yaml'), 'guards: [{ kind: erors }]\n');
      const { code, err } = await run(['guard', 'replay', 'trace.jsonl', '--guards', 'bad.yaml'], { cwd: folder });
      expect(code).toBe(2);
      expect(err).toMatch(/bad\.yaml:1:18 {2}`guards\[0\]\.kind` is not a kind of guard\./);
      const json = await run(['guard', 'replay', 'trace.jsonl', '--guards', 'bad.yaml', '--json'], { cwd: folder });
      expect(JSON.parse(json.out)).toMatchObject({ problems: [{ line: 1, nearest: 'errors' }] });
    });

    test('a file that is not there is named', async () => {
      const { code, err } = await run(['guard', 'replay', 'none.jsonl', '--guards', 'guards.yaml'], { cwd: folder });
      expect({ code, err }).toEqual({ code: 2, err: 'Cannot read none.jsonl: there is no such file.\n' });
    });

    test('the guards of a rollout file are taken, with its candidate and its budget', async () => {
      const at = (tick: number) => new Date(Date.UTC(2026, 0, 1, 0, tick)).toISOString();
      const rows = [
        { t: at(0), phase: 'baseline', variant: 'v1', guard: 'quality', n: 900, k: 160 },
        ...Array.from({ length: 20 }, (_, tick) => [
          { t: at(tick + 1), variant: 'v2', guard: 'errors', n: 100, k: 12 },
          { t: at(tick + 1), variant: 'v1', guard: 'errors', n: 900, k: 20 },
        ]).flat(),
      ];
      await writeFile(path.join(folder, 'trace.jsonl'), rows.map((one) => JSON.stringify(one)).join('\n'));
      const file = path.join(path.dirname(cwd), 'rollout.yaml');
      const { code, out } = await run(['guard', 'replay', 'trace.jsonl', '--guards', file], { cwd: folder });
      expect(code).toBe(0);
      expect(out).toMatch(/\nrolled back at tick \d+, \S+; \d+ candidate requests served \(counted by errors\)\n$/);
    });

    test('an empty trace decides nothing', async () => {
      await writeFile(path.join(folder, 'trace.jsonl'), '\n');
      const { code, out } = await run(['guard', 'replay', 'trace.jsonl', '--guards', 'guards.yaml'], { cwd: folder });
      expect(code).toBe(0);
      expect(out).toMatch(/^The trace has no tick\.\n[^]*undecided; 0 candidate requests served\n$/);
    });
  });
});
