import { describe, expect, test } from '@jest/globals';
import { EXIT } from '../../scripts/exit-codes';
import { VERBS } from '../../scripts/verbs';
import { expectGolden } from '../support/golden';
import { recordingOutput, run } from './run-main';

describe('sluice', () => {
  test('its help lists every verb and every exit code', async () => {
    const { code, out, err } = await run(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { name } of VERBS) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    for (const number of Object.values(EXIT)) expect(out).toMatch(new RegExp(`^  ${number}  `, 'm'));
    expectGolden('scripts/golden/help.txt', out.trimEnd());
  });

  test('without a verb it prints the help and does not fail', async () => {
    const asked = await run(['--help']);
    expect(await run([])).toEqual(asked);
  });

  test.each(VERBS.map(({ name }) => name))(
    '%s --help shows examples that begin with sluice or say why not',
    async (verb) => {
      const { code, out } = await run([verb, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/^Examples:\n {2}\S/m);
      expect(await run(['help', verb])).toEqual({ code, out, err: '' });
    }
  );

  test('a verb that does not exist is a mistake, and the nearest is named', async () => {
    const { code, out, err } = await run(['depoly', 'rollout.yaml']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("unknown command 'depoly'");
    expect(err).toContain('Did you mean deploy?');
  });

  test('an option that does not exist is a mistake, and the nearest is named', async () => {
    const { code, err } = await run(['abort', 'product-reviews', '--why', 'wrong artifact', '--jsn']);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean --json?');
    expect(err).toContain('sluice abort --help');
  });

  test.each([
    [['approve', 'product-reviews'], /--why/],
    [['watch'], /endpoint/],
    [['watch', 'product-reviews', '--timeout', 'soon'], /90s, 10m or 2h/],
    [['abort', 'product-reviews', '--why', ' '], /Say why/],
  ])('what is missing or cannot be is said at once, before anything is asked: %j', async (words, said) => {
    const { code, out, err } = await run(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(said);
    expect(err).not.toMatch(/^ {4}at /m);
  });

  test('nobody decides anonymously', async () => {
    const { code, err } = await run(['abort', 'product-reviews', '--why', 'wrong artifact'], { env: {} });
    expect(code).toBe(2);
    expect(err).toContain('say --who <name>, or set SLUICE_USER');
  });

  test('its version is the one of the package', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('an error of ours says so, and shows its stack only when asked', async () => {
    const out = {
      ...recordingOutput(),
      write: () => {
        throw new TypeError('a bug');
      },
    };
    const quiet = await run(['schema'], { out });
    expect(quiet.code).toBe(70);
    expect(quiet.err).toContain('Internal error. This is a bug in Sluice');
    expect(quiet.err).not.toMatch(/^ {4}at /m);
    expect((await run(['schema', '--debug'], { out })).err).toMatch(/^ {4}at /m);
  });
});
