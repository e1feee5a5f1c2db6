import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rungLabel } from '../../report/ladder';
import { rungsOf } from '../../rollout';
import { FORM_RULES, formOf } from '../../spec/compat-forms';
import type { StageForm } from '../../spec/compat-forms';
import { play } from '../../scripts/simulate/play';
import { scenarioWorld } from '../../scripts/simulate/scenario-world';
import { SCENARIOS } from '../../scripts/simulate/truth';
import type { ScenarioName } from '../../scripts/simulate/truth';
import { readReleaseFile } from '../../spec/release-file';
import { PAGES, rolloutFiles, SHOWN, strategySpec, STRATEGIES } from '../support/strategy-files';
import { strategyPicture } from '../support/strategy-picture';

const files = rolloutFiles();
const page = (name: string): string => readFileSync(path.join(PAGES, name), 'utf8');

/** The steps of a file in the words of `sluice validate`. */
function steps(name: string): string {
  const spec = strategySpec(name);
  return rungsOf(spec)
    .map((rung) => rungLabel(rung, spec.stages))
    .join(' → ');
}

describe('the strategy files', () => {
  test.each(files)('%s is a rollout file without a single complaint', (name) => {
    expect(() => strategySpec(name)).not.toThrow();
  });

  test('release.yaml lists rollout files that are there, one for each endpoint', () => {
    const read = readReleaseFile(readFileSync(path.join(STRATEGIES, 'release.yaml'), 'utf8'));
    const waves = read.ok ? read.file.waves : [];
    expect(waves.map((wave) => wave.length)).toEqual([1, 2]);
    const endpoints = waves.flat().map((name) => strategySpec(name).endpoint);
    expect(new Set(endpoints).size).toBe(3);
  });

  // Three weeks of ticks take half a minute.
  const played = [...new Set(Object.values(SHOWN).flat())].filter((name) => name !== 'chained.yaml');
  test.each(played)('%s promotes a better model and withdraws a broken one, in simulated time', (name) => {
    const outcome = (scenario: ScenarioName): string => {
      const spec = strategySpec(name);
      // Of several candidates the first one is the better one; broken are all.
      const [first, ...others] = spec.candidates;
      const rest = SCENARIOS[scenario === 'broken' ? 'broken' : 'equal'];
      const scenarios = {
        ...Object.fromEntries(others.map((other) => [other.name, rest])),
        [first.name]: SCENARIOS[scenario],
      };
      const world = scenarioWorld(spec, { scenarios, requestsPerSecond: 20, seed: 1 });
      const { phase } = play(spec, world).state;
      return phase.kind === 'ended' ? phase.outcome.kind : phase.kind;
    };
    expect([outcome('better'), outcome('broken')]).toEqual(['promoted', 'rolledBack']);
  });

  test('among them there is every form of stage but those that only change the engine or the unit', () => {
    const used = new Set(files.flatMap((name) => strategySpec(name).stages.map(formOf)));
    const missing = Object.keys(FORM_RULES).filter((form) => !used.has(form as StageForm));
    expect(missing.sort()).toEqual([
      'abTest by request',
      'canary with target',
      'shadow by experiment',
      'shadow by gateway',
    ]);
  });

  test('the chained one goes through five stages, for weeks, and watches', () => {
    const { stages, watch } = strategySpec('chained.yaml');
    expect(stages.map(({ kind }) => kind)).toEqual(['shadow', 'canary', 'linear', 'approval', 'blueGreen']);
    expect(watch?.forMs).toBe(7 * 86_400_000);
  });
});

describe('the pages', () => {
  test.each(Object.entries(SHOWN))(
    '%s says the steps of its files, and shows their stages as they are',
    (name, shown) => {
      const text = page(name);
      for (const file of shown) {
        expect(text).toContain(`\`${steps(file)}\``);
        expect(text).toContain(`(../../examples/strategies/${file})`);
        expect(text).toContain(`](${file.replace(/yaml$/, 'svg')})`);
      }
      const whole = shown
        .map((file) => readFileSync(path.join(STRATEGIES, file), 'utf8').replace(/ *#.*$/gm, ''))
        .join('\n');
      const quoted = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
      expect(quoted.length).toBeGreaterThanOrEqual(1);
      for (const line of quoted.flatMap((yaml) => yaml.replace(/ *#.*$/gm, '').split('\n')))
        expect(whole).toContain(line);
    }
  );

  test('say, each of them, what it is for and when not to use it, and are listed in the index', () => {
    const index = page('README.md');
    for (const name of readdirSync(PAGES).filter((one) => one.endsWith('.md') && one !== 'README.md')) {
      expect(index).toContain(`(${name})`);
      for (const heading of ['## The file', '## What you see', '## When not'])
        expect({ name, has: page(name).includes(heading), heading }).toMatchObject({ has: true });
    }
  });

  test('link to files that are there', () => {
    for (const name of readdirSync(PAGES).filter((one) => one.endsWith('.md'))) {
      const links = [...page(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
      expect(links.filter((link) => !existsSync(path.join(PAGES, link)))).toEqual([]);
    }
  });

  // Stale? `node tools/strategy-pictures.mjs` draws them anew.
  test.each([...new Set(Object.values(SHOWN).flat())])('have a picture of %s as the file is now', (name) => {
    expect(page(name.replace(/yaml$/, 'svg'))).toBe(strategyPicture(strategySpec(name)));
  });

  test('the index has the rules of compatibility as they are checked', () => {
    const rows = Object.entries(FORM_RULES).map(
      ([form, { candidates, place, routing, inf1 }]) =>
        `| \`${form}\` | ${CANDIDATES[candidates]} | ${place} | ${routing} | ${inf1} |`
    );
    const index = page('README.md').replaceAll(/ +/g, ' ');
    expect(rows.filter((row) => !index.includes(row))).toEqual([]);
  });
});

const CANDIDATES = { one: 'one, or chosen', alone: 'one in the file', any: 'any number' } as const;
