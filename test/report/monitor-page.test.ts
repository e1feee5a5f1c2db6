import { describe, expect, test } from '@jest/globals';
import { monitorPageMarkdown } from '../../report/monitor-page/markdown';
import { renderMonitorPage } from '../../report/monitor-page/page';
import type { PageCheck, PageFeature, PagePart, PageReport } from '../../report/monitor-page/types';

const HOUR_MS = 3_600_000;
const EVIL = `<script>alert("x")</script>|@all`;

const drift = (subject: string, value: number, verdict: PageCheck['verdict']): PageCheck => ({
  ...{ subject, verdict, value, check: 'baseline_drift_check', class: 'threshold', threshold: 0.15 },
  ...{ interval: [value - 0.05, value + 0.05], reason: `distance ${value}` },
});
const bets = (subject: string): PageCheck => ({
  ...{ subject, verdict: 'pass', value: -0.7, check: 'sequential_drift_check', class: 'guaranteed' },
  ...{ threshold: 8, interval: null, reason: 'evidence e^-0.7' },
});
const report: PageReport = {
  ...{ monitor: 'dataQuality', verdict: 'fail', reason: 'age: distance 0.3' },
  rows: { read: 1_002, used: 1_000 },
  window: { fromMs: 0, toMs: HOUR_MS },
  checks: [
    drift('colour', 0.01, 'pass'),
    drift('age', 0.3, 'fail'),
    bets('age'),
    bets('age (missing)'),
    drift(EVIL, 0.2, 'fail'),
  ],
  issues: [{ kind: 'truncatedLine', count: 2, unused: 2, first: { source: `s3://b/${EVIL}`, line: 7 } }],
  evidence: [{ source: 's3://b/k', bytes: 2_000_000 }],
  settings: { budget: { falseAlarmProbability: 0.01, covers: ['sequential_drift_check'], windows: 3 } },
};
const features: readonly PageFeature[] = [
  {
    name: 'age',
    baseline: {
      kind: 'numbers',
      bars: [
        { from: 0, to: 10, share: 0.9 },
        { from: 10, to: 20, share: 0.1 },
      ],
    },
    current: { kind: 'numbers', bars: [{ from: 5, to: 25, share: 1 }] },
  },
  { name: 'colour', baseline: { kind: 'names', bars: [{ name: EVIL, share: 1 }] }, current: null },
];
const part: PagePart = { report, features, history: [] };

describe('the page of a check', () => {
  const page = renderMonitorPage({ title: 'new.csv', parts: [part] });

  test('says what failed first, draws it before and now, and stands for itself: no script, no address', () => {
    expect(page).toMatch(/<h1 class="alarm">new\.csv: fail<\/h1>/);
    expect(page.indexOf('>age</td>')).toBeLessThan(page.indexOf('>colour</td>'));
    expect(page).toContain('aria-label="age: baseline and now, 0 to 25"');
    expect(page).toContain('aria-label="0.3 against 0.15"');
    expect(page).toContain('1,000 rows judged of 1,002 read');
    expect(page).toContain('has a probability of 1 % at most; this is window 3.');
    expect(page).toContain('outside of any budget: baseline_drift_check.');
    expect(page).not.toMatch(/<script|<link|src=|href=/);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  test('takes what data are called for text, never for markup; so does its Markdown', () => {
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;|@all');
    const markdown = monitorPageMarkdown({ title: 'new.csv', parts: [part] });
    expect(markdown).toContain('| ✗ | age | baseline\\_drift\\_check | distance 0.3 |');
    expect(markdown).toContain('\\<script\\>alert("x")\\</script\\>\\|\\@all');
    expect(markdown).not.toMatch(/[^\\]<script/);
    expect(markdown).toContain('truncatedLine');
  });

  test('draws how values went, where there were windows before', () => {
    const history = [0.05, 0.1, 0.3].map((value, i) => ({
      ...{ toMs: (i + 1) * HOUR_MS, verdict: 'pass' as const },
      checks: [drift('age', value, 'pass')],
    }));
    const drawn = renderMonitorPage({ title: 'reviews quality', parts: [{ ...part, history }] });
    expect(drawn).toContain('aria-label="age: baseline_drift_check"');
    expect(drawn).toContain('threshold 0.15');
    expect(page).not.toContain('threshold 0.15');
  });

  test('of several monitors is headed by the worst; of none says so', () => {
    const fine: PageReport = { ...report, monitor: 'bias', verdict: 'pass', checks: [drift('x', 0.01, 'pass')] };
    const both = renderMonitorPage({ title: 'd', parts: [{ ...part, report: fine }, part] });
    expect(both).toContain('d: fail');
    expect(both).toContain('<h2>bias');
    expect(renderMonitorPage({ title: 'd', parts: [] })).toContain('d: nothing was checked');
  });
});
