import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { loadReviews } from '../../examples/product-reviews/data';
import { artifactKey } from '../../examples/product-reviews/package';
import { seededRandom } from '../../examples/product-reviews/train';
import { buildVersions, versionNames, type Quality, type VersionName } from '../../examples/product-reviews/versions';
import { decide, judgeTick, planEveryGuard, startGuard, type ArmCounts, type Decision } from '../../guards';
import { rolloutFile } from '../../spec/schema';
import { toSpec } from '../../spec/to-spec';
import type { RolloutSpec } from '../../spec/types';

const qualities = new Map<VersionName, Quality>(buildVersions(loadReviews()).map((v) => [v.name, v.quality]));
const PER_SECOND = 200;

function spec(name: VersionName): RolloutSpec {
  const file = path.join(__dirname, '../../examples/product-reviews', `${name}.yaml`);
  return toSpec(rolloutFile().parse(parse(readFileSync(file, 'utf8'))));
}

describe('the rollout files', () => {
  test.each(versionNames)('%s.yaml is valid and names the artifact that is packaged', (name) => {
    const [candidate] = spec(name).candidates;
    const container = { artifact: `s3://reviews-models/${artifactKey(name)}` };
    expect(candidate).toMatchObject({ name, model: { kind: 'container', container } });
  });

  test('of the later versions differ in the candidate alone: evidence decides, not the file', () => {
    const { candidates: _, ...second } = spec('v2');
    for (const name of ['v3', 'v4'] as const) expect(spec(name)).toMatchObject(second);
  });

  test('say in their comments what was measured', () => {
    const right = (name: VersionName) => String(Math.round((qualities.get(name)?.accuracy ?? 0) * 100));
    const text = (name: VersionName) =>
      readFileSync(path.join(__dirname, `../../examples/product-reviews/${name}.yaml`), 'utf8');
    expect(text('v2')).toContain(`right on ${right('v2')} of 100 reviews instead of ${right('v1')}`);
    expect(text('v3')).toContain(`right on ${right('v3')} of 100 reviews`);
  });
});

/** Seconds of 5 % canary until the guards decide, for traffic with the measured rates; undecided after `atMost` counts as that. */
function play(
  incumbent: VersionName,
  candidate: VersionName,
  seed: number
): { decision: Decision['kind']; guilty: string | null; seconds: number } {
  const { guards, budget, tickMs, stages, baseline } = spec(candidate);
  const stage = stages[0];
  if (stage?.kind !== 'canary') throw new Error('expected a canary first');
  const random = seededRandom(seed);
  const before = sample(random, baseline.atLeast, incumbent);
  const plans = planEveryGuard({
    dispersion: {},
    guards,
    budget,
    horizonTicks: stage.until.atMostMs / tickMs,
    incumbent: before,
  });
  let states = plans.map((plan) => startGuard(plan));
  for (let tick = 1; tick * tickMs <= stage.until.atMostMs; tick++) {
    const share = stage.sharePct / 100;
    const requests = (PER_SECOND * tickMs) / 1_000;
    const toCandidate = Array.from({ length: requests }, random).filter((x) => x < share).length;
    const arms = {
      candidate: sample(random, toCandidate, candidate),
      incumbent: sample(random, requests - toCandidate, incumbent),
    };
    states = plans.map((plan, i) => {
      const state = states[i] ?? startGuard(plan);
      const kind = guards[i]?.kind === 'quality' ? 'quality' : 'errors';
      const evidence = {
        key: new Date(tick * tickMs).toISOString(),
        candidate: arms.candidate[kind],
        incumbent: arms.incumbent[kind],
      };
      return judgeTick({ plan, state, evidence }).state;
    });
    const { kind, guilty } = decide(plans, states);
    if (kind !== 'undecided') return { decision: kind, guilty, seconds: (tick * tickMs) / 1_000 };
  }
  return { decision: 'undecided', guilty: null, seconds: stage.until.atMostMs / 1_000 };
}

function sample(random: () => number, requests: number, name: VersionName): { errors: ArmCounts; quality: ArmCounts } {
  const quality = qualities.get(name);
  if (quality === undefined) throw new Error(`no ${name}`);
  let failed = 0;
  let wrong = 0;
  for (let i = 0; i < requests; i++) {
    if (random() < quality.errorRate) failed++;
    else if (random() >= quality.accuracy) wrong++;
  }
  return { errors: { n: requests, bad: failed }, quality: { n: requests - failed, bad: wrong } };
}

describe('the margins and shares, at 200 requests a second', () => {
  test.each([
    ['v1', 'v2', 'promote', null, 45],
    ['v2', 'v3', 'rollBack', 'quality', 30],
    ['v2', 'v4', 'rollBack', 'errors', 15],
  ] as const)('decide from %s to %s within a demo: %s', (incumbent, candidate, wanted, guilty, atMostSeconds) => {
    const runs = Array.from({ length: 30 }, (_, i) => play(incumbent, candidate, i + 1));
    expect(runs.filter((run) => run.decision !== wanted)).toEqual([]);
    // Two guards may reach the level in the same tick, or together: the guilty one is named in most runs, not in all.
    expect(runs.filter((run) => run.guilty === guilty).length).toBeGreaterThan(20);
    const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b);
    expect(seconds[26]).toBeLessThanOrEqual(atMostSeconds);
  });
});
