import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { RolloutSpec, Stage } from '../../spec/types';
import { stateQuery } from '../../workflows/messages';
import { binomialPValue } from '../support/binomial';
import { expectDelivered, stretchesOf } from '../support/delivered';
import { withDevServer } from '../support/dev-server';
import { LiveTraffic } from '../support/live-traffic';
import { sourSwitch } from '../support/sour';
import { HALF_UNTIL_DECIDED, wholeSpec } from '../support/whole-spec';
import { WholeStack } from '../support/whole-stack';
import type { RunningRollout } from '../support/whole-stack';

/** One endpoint is calibrated, ramped by harm and watched cold; beside it another one's gateway mirrors. */
const RAMPED = 'ramped';
const MIRRORED = 'mirrored';
/** Errors to compare with: without any the incumbent excludes no harm. */
const ROUGH = { ERRORS: '0.2', WRONG: '0.3' };

const dev = withDevServer();
const stack = new WholeStack(dev);
const traffic = new Map<string, LiveTraffic>();
let mirrored: RunningRollout;

const onInconclusive = 'rollBack';
const CALIBRATE: Stage = { kind: 'calibrate', ticks: 6, atMostMs: 60_000 };
const RAMP: Stage = {
  kind: 'linear',
  sharesPct: [20, 60],
  bakeMs: 3_000,
  decideWithinMs: 60_000,
  extraFailures: 40,
  onInconclusive,
};
const SHADOW: Stage = {
  kind: 'shadow',
  engine: 'gateway',
  samplePct: 100,
  until: { pairs: 100, atMostMs: 120_000 },
  onInconclusive,
};

function fileOf(endpoint: string, env: Readonly<Record<string, string>>, changes: Partial<RolloutSpec>): RolloutSpec {
  const spec = wholeSpec(stack, { endpoint, candidate: 'v2', env });
  return { ...spec, capture: { ...spec.capture, lagMs: 2_000 }, ...changes };
}

function trafficOn(endpoint: string): LiveTraffic {
  const found = traffic.get(endpoint);
  if (found === undefined) throw new Error(`no traffic on ${endpoint}`);
  return found;
}

beforeAll(async () => {
  await stack.start();
  const firsts = [RAMPED, MIRRORED].map((endpoint) =>
    stack.submit(wholeSpec(stack, { endpoint, candidate: 'v1', env: ROUGH }))
  );
  for (const first of await Promise.all(firsts)) expect((await first.result()).outcome.kind).toBe('promoted');
  traffic.set(RAMPED, new LiveTraffic(stack, { endpoint: RAMPED, perSecond: 50 }));
  traffic.set(MIRRORED, new LiveTraffic(stack, { endpoint: MIRRORED, perSecond: 25, users: 300, mirrors: true }));
  mirrored = await stack.submit(
    fileOf(
      MIRRORED,
      {},
      {
        stages: [SHADOW, HALF_UNTIL_DECIDED],
        routing: { by: 'gateway', to: stack.buckets.assignments, expiresMs: 60_000 },
      }
    )
  );
});
afterEach(() => expect([...traffic.values()].flatMap(({ drops }) => drops)).toEqual([]));
afterAll(async () => {
  for (const one of traffic.values()) await one.stop();
  await stack.stop();
});

test('a calibrated ramp grows by the harm that evidence excludes, and a cold watch brings the old model back to life', async () => {
  const sour = await sourSwitch();
  const rollout = await stack.submit(
    fileOf(
      RAMPED,
      { ERRORS: '0.02', SOUR: sour.file },
      { stages: [CALIBRATE, RAMP], watch: { forMs: 300_000, holdbackPct: 0, keep: 'cold' } }
    )
  );
  const { phase } = await stack.until(rollout, ({ phase: now }) => now.kind === 'calibrating');
  const watched = await stack.until(rollout, (state) => state.phase.kind === 'watching');
  await sour.turn();
  const { answered } = trafficOn(RAMPED);

  // Both slices of the incumbent got their half.
  const sinceMs = phase.kind === 'calibrating' ? phase.sinceMs + 1_000 : NaN;
  const sliced = answered.filter(({ sentMs }) => sentMs > sinceMs && sentMs < sinceMs + 4_000);
  const twin = sliced.filter(({ variant }) => variant !== 'v1').length;
  expect(sliced.length).toBeGreaterThan(100);
  expect(binomialPValue(twin, sliced.length, 0.5)).toBeGreaterThan(1e-8);

  // It began at a fifth, and ended at the most that the file allows, by evidence.
  const stretches = stretchesOf(watched, answered).filter(({ sharesPct }) => 'v2' in sharesPct);
  expect(stretches).not.toEqual([]);
  expectDelivered(stretches);
  const shares = watched.shares.flatMap(({ sharesPct }) => sharesPct?.v2 ?? []);
  expect([shares[0], Math.max(...shares.filter((pct) => pct < 100))]).toEqual([0, 60]);
  expect(shares).toContain(20);
  expect(watched.log.map(({ text }) => text).join('\n')).toMatch(/odds ratio/);

  const result = await rollout.result();
  await sour.remove();
  expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard: 'errors' } });
  expect(result.serving).toBe('v1');
  const sagemaker = stack.sagemaker();
  const endpoint = await sagemaker.describeEndpoint({ EndpointName: RAMPED });
  sagemaker.destroy();
  expect([endpoint.EndpointStatus, endpoint.EndpointConfigName]).toEqual(['InService', 'ramped-v1-r1']);
}, 600_000);

test('copies that the gateway sends are joined with the live answers from data capture, and no user sees one', async () => {
  const result = await mirrored.result();
  expect(result.outcome).toMatchObject({ kind: 'promoted', because: { kind: 'evidence' } });
  const state = await mirrored.query(stateQuery);
  expect(state.traffic.pairs).toBeGreaterThanOrEqual(100);
  // A third of the incumbent's labels are wrong, and all of the candidate's are right.
  const [all] = state.traffic.compared;
  expect(all?.different ?? 0).toBeGreaterThan(0.1 * (all?.pairs ?? 0));
  const { answered } = trafficOn(MIRRORED);
  const shownMs = state.shares.find(({ sharesPct }) => (sharesPct?.v2 ?? 0) > 0)?.sinceMs ?? NaN;
  const before = answered.filter(({ sentMs }) => sentMs < shownMs - 2_000);
  expect(before.length).toBeGreaterThan(100);
  expect(before.filter(({ variant }) => variant !== 'v1')).toEqual([]);
}, 600_000);
