import { describe, expect, test } from '@jest/globals';
import { withDevServer } from '../support/dev-server';
import { run } from './run-main';

const temporal = withDevServer();

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly found: string;
    readonly remedy: string | null;
  }[];
}

describe('sluice doctor', () => {
  test('says what is right and what is wrong, each wrong with a remedy, and exits with 3', async () => {
    const env = { TEMPORAL_ADDRESS: temporal().server.address, SLUICE_TASK_QUEUE: 'nobody-polls-this' };
    const { code, out, err } = await run(['doctor', '--json'], { env });
    expect({ code, err }).toEqual({ code: 3, err: '' });
    const { ok, checks } = JSON.parse(out) as Report;
    expect(ok).toBe(false);
    const found = Object.fromEntries(checks.map((check) => [check.name, check]));
    expect(found['Temporal']).toMatchObject({ ok: true, found: env.TEMPORAL_ADDRESS });
    expect(found['Worker']).toMatchObject({ ok: false, found: 'nobody polls "nobody-polls-this"' });
    for (const check of checks) expect(check.remedy === null).toBe(check.ok);
  });

  test('for people: a line each, with the word and not only a colour', async () => {
    const { out } = await run(['doctor'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect(out).toMatch(/^ok {5}Node\.js +v\d+/m);
    expect(out).toMatch(
      /^WRONG {2}Temporal +Cannot reach Temporal at 127\.0\.0\.1:1.*\n +-> Start one with `sluice dev`/m
    );
  });

  test('a setting that cannot be is a mistake', async () => {
    const env = { TEMPORAL_ADDRESS: temporal().server.address, SLUICE_SEARCH_ATTRIBUTES: 'maybe' };
    const { code, err } = await run(['doctor'], { env });
    expect(code).toBe(2);
    expect(err).toBe('SLUICE_SEARCH_ATTRIBUTES is "maybe"; allowed: on, off\n');
  });
});
