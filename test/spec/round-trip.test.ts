import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { incompatibilities } from '../../spec/compat';
import { formatDuration } from '../../spec/duration';
import { rolloutFileJsonSchema } from '../../spec/json-schema';
import { formatShare } from '../../spec/share';
import type { BlueGreenByGuardrails, HoldUntil, RolloutSpec, Stage } from '../../spec/types';
import { CANARY } from './stage-support';
import { problemsOf, specOf, STAGES } from './support';

const accepts = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false }).compile(
  rolloutFileJsonSchema()
);

const MS = fc.oneof(
  fc.integer({ min: 1, max: 40 * 86_400 }).map((seconds) => seconds * 1_000),
  fc.integer({ min: 1, max: 5_000 })
);
const PCT = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 1, max: 999 }).map((tenths) => tenths / 10)
);
const ON_INCONCLUSIVE = fc.constantFrom('hold', 'rollBack', 'ask', 'advance');
const NAMES = fc.array(fc.constantFrom('ana', 'bo', 'cy', 'dee'), { maxLength: 3 });
const UNTIL: fc.Arbitrary<HoldUntil> = fc.oneof(
  fc.record({ kind: fc.constant('decided' as const), atMostMs: MS }),
  fc.record({ kind: fc.constant('requests' as const), requests: fc.integer({ min: 1 }), atMostMs: MS })
);

const SHIFT: fc.Arbitrary<BlueGreenByGuardrails['shift']> = fc.oneof(
  fc.record({ kind: fc.constant('allAtOnce' as const), waitMs: MS }),
  fc.record({ kind: fc.constant('canary' as const), sizePct: PCT, waitMs: MS }),
  fc.record({ kind: fc.constant('linear' as const), stepPct: PCT, waitMs: MS }),
  fc.record({ kind: fc.constant('rolling' as const), batchPct: PCT, waitMs: MS })
);

/** Any stage, whether it makes sense or not. */
const STAGE: fc.Arbitrary<Stage> = fc.oneof(
  fc.record({
    kind: fc.constant('canary' as const),
    sharePct: PCT,
    groups: NAMES,
    until: UNTIL,
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('linear' as const),
    sharesPct: fc.tuple(PCT, PCT, PCT),
    bakeMs: MS,
    decideWithinMs: MS,
    extraFailures: fc.option(fc.integer({ min: 1 })),
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('blueGreen' as const),
    engine: fc.constant('weights' as const),
    warmUp: fc.nat(),
    holdbackPct: PCT,
    until: UNTIL,
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('blueGreen' as const),
    engine: fc.constant('guardrails' as const),
    shift: SHIFT,
    terminationWaitMs: MS,
    maximumMs: MS,
    alarms: NAMES,
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('shadow' as const),
    engine: fc.constantFrom('variant', 'experiment', 'gateway'),
    samplePct: PCT,
    until: fc.record({ pairs: fc.integer({ min: 1 }), atMostMs: MS }),
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('abTest' as const),
    sharePct: PCT,
    by: fc.constantFrom('user', 'request'),
    atMostMs: MS,
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({
    kind: fc.constant('bandit' as const),
    allocator: fc.constantFrom('thompson', 'topTwoThompson', 'klUcb', 'epsilonGreedy'),
    reward: fc.oneof(
      fc.constant({ kind: 'quality' as const }),
      fc.record({ kind: fc.constant('event' as const), event: fc.constantFrom('sale', 'click') })
    ),
    intervalMs: MS,
    floorPct: PCT,
    deadBandPct: PCT,
    discount: fc.integer({ min: 1, max: 12 }).map((tenths) => tenths / 10),
    segments: fc.record({ facet: fc.constantFrom('category', 'plan'), values: fc.constantFrom(['a'], ['b', 'c']) }),
    atMostMs: MS,
    onInconclusive: ON_INCONCLUSIVE,
  }),
  fc.record({ kind: fc.constant('calibrate' as const), ticks: fc.integer({ min: 2 }), atMostMs: MS }),
  fc.record({
    kind: fc.constant('approval' as const),
    approvers: NAMES,
    need: fc.integer({ min: 1, max: 5 }),
    withinMs: MS,
    otherwise: fc.constantFrom('reject', 'approve'),
    identity: fc.oneof(
      fc.constant({ kind: 'asserted' as const }),
      fc.record({
        kind: fc.constant('token' as const),
        issuer: fc.constant('https://id.example.org'),
        audience: fc.constant('sluice'),
        jwks: fc.constantFrom('https://id.example.org/keys', 'http://localhost:80/keys'),
        claim: fc.constantFrom('sub', 'email', 'iss'),
      })
    ),
  })
);

const TRAFFIC: fc.Arbitrary<Pick<RolloutSpec, 'routing' | 'onNewer' | 'watch'>> = fc.record(
  {
    routing: fc.oneof(
      fc.constant({ by: 'weights' as const }),
      fc.record({ by: fc.constant('gateway' as const), to: fc.constant('s3://assignments/x'), expiresMs: MS })
    ),
    onNewer: fc.constantFrom('queue', 'replace', 'reject'),
    watch: fc.record({ forMs: MS, holdbackPct: PCT, keep: fc.constantFrom('warm', 'cold') }),
  },
  { requiredKeys: ['routing', 'onNewer'] }
);

const file = parse(STAGES) as Readonly<Record<string, unknown>>;

/** The stage as people would write it, with nothing left out. */
function written(stage: Stage): object {
  const time = formatDuration;
  switch (stage.kind) {
    case 'canary': {
      const { sharePct, groups, until, onInconclusive } = stage;
      return { canary: { share: formatShare(sharePct), target: groups, until: untilOf(until), onInconclusive } };
    }
    case 'linear': {
      const { sharesPct, bakeMs, decideWithinMs, extraFailures, onInconclusive } = stage;
      const budget = extraFailures === null ? {} : { harmBudget: { extraFailures } };
      const times = { bake: time(bakeMs), decideWithin: time(decideWithinMs) };
      return { linear: { shares: sharesPct.map((pct) => formatShare(pct)), ...times, ...budget, onInconclusive } };
    }
    case 'blueGreen': {
      const { kind: _, onInconclusive } = stage;
      if (stage.engine === 'weights') {
        const { engine, warmUp, holdbackPct, until } = stage;
        return {
          blueGreen: { engine, warmUp, holdback: formatShare(holdbackPct), until: untilOf(until), onInconclusive },
        };
      }
      const { engine, shift, terminationWaitMs, maximumMs, alarms } = stage;
      const times = { wait: time(shift.waitMs), terminationWait: time(terminationWaitMs), maximum: time(maximumMs) };
      return { blueGreen: { engine, shift: shiftOf(shift), ...times, alarms, onInconclusive } };
    }
    case 'shadow': {
      const { engine, samplePct, until, onInconclusive } = stage;
      const ends = { pairs: until.pairs, atMost: time(until.atMostMs) };
      return { shadow: { engine, sample: formatShare(samplePct), until: ends, onInconclusive } };
    }
    case 'abTest': {
      const { sharePct, by, atMostMs, onInconclusive } = stage;
      return {
        abTest: { share: formatShare(sharePct), by, until: { decided: true, atMost: time(atMostMs) }, onInconclusive },
      };
    }
    case 'bandit': {
      const { allocator, reward, intervalMs, floorPct, deadBandPct, discount, atMostMs, onInconclusive } = stage;
      const { segments } = stage;
      const paid = reward.kind === 'quality' ? 'quality' : { event: reward.event };
      const shares = { floor: formatShare(floorPct), deadBand: formatShare(deadBandPct) };
      const until = { decided: true, atMost: time(atMostMs) };
      return {
        bandit: {
          allocator,
          reward: paid,
          interval: time(intervalMs),
          ...shares,
          discount,
          segments,
          until,
          onInconclusive,
        },
      };
    }
    case 'calibrate':
      return { calibrate: { ticks: stage.ticks, atMost: time(stage.atMostMs) } };
    case 'approval': {
      const { approvers, need, withinMs, otherwise, identity } = stage;
      const { kind, ...token } = identity;
      const who = kind === 'asserted' ? 'asserted' : { token };
      return { approval: { approvers, need, within: time(withinMs), otherwise, identity: who } };
    }
  }
}

function untilOf(until: HoldUntil): object {
  const atMost = formatDuration(until.atMostMs);
  return until.kind === 'decided' ? { decided: true, atMost } : { requests: until.requests, atMost };
}

function shiftOf(shift: BlueGreenByGuardrails['shift']): unknown {
  switch (shift.kind) {
    case 'allAtOnce':
      return 'allAtOnce';
    case 'canary':
      return { canary: formatShare(shift.sizePct) };
    case 'linear':
      return { linear: formatShare(shift.stepPct) };
    case 'rolling':
      return { rolling: formatShare(shift.batchPct) };
  }
}

function trafficOf({ routing, onNewer, watch }: Pick<RolloutSpec, 'routing' | 'onNewer' | 'watch'>): object {
  const by = routing.by === 'weights' ? 'weights' : { gateway: routing.to, expires: formatDuration(routing.expiresMs) };
  if (watch === undefined) return { routing: by, onNewer };
  const { forMs, holdbackPct, keep } = watch;
  return { routing: by, onNewer, watch: { for: formatDuration(forMs), holdback: formatShare(holdbackPct), keep } };
}

describe('any stages, written out in full', () => {
  test('come back as they were, or are refused with the complaints that the spec itself gets', () => {
    const { watch: _, ...rest } = specOf(STAGES);
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(fc.array(STAGE, { minLength: 1, maxLength: 3 }), TRAFFIC, (stages, traffic) => {
        const { watch: __, ...others } = file;
        const text = stringify({ ...others, ...trafficOf(traffic), stages: stages.map(written) });
        const spec: RolloutSpec = { ...rest, ...traffic, stages };
        const expected = incompatibilities(spec);
        expect(accepts(parse(text))).toBe(true);
        expect(
          problemsOf(text)
            .map(({ message }) => message)
            .sort()
        ).toEqual(expected.map(({ message }) => message).sort());
        if (expected.length === 0) expect(JSON.parse(JSON.stringify(specOf(text)))).toEqual(spec);
        outcomes.add(expected.length === 0 ? 'accepted' : 'refused');
        for (const { remedy, allowed } of expected) {
          expect(remedy).toMatch(/^[A-Z].*`.+`.*\.$|^(Remove|Move) it/);
          expect(allowed).not.toBe('');
        }
      }),
      // Of a hundred random lists of stages hardly one is accepted.
      { numRuns: 400, examples: [[[CANARY], { routing: { by: 'weights' }, onNewer: 'reject' }]] }
    );
    expect([...outcomes].sort()).toEqual(['accepted', 'refused']);
  });
});

describe('what a stage leaves open', () => {
  const stagesOf = (line: string, more = ''): readonly Stage[] =>
    specOf(`${STAGES.slice(0, STAGES.indexOf('routing:'))}${more}stages: ${line}\n`).stages;

  test('is settled for each engine', () => {
    expect(stagesOf('[{ blueGreen: {} }, { blueGreen: { engine: guardrails } }]')).toEqual([
      {
        kind: 'blueGreen',
        engine: 'weights',
        warmUp: 20,
        holdbackPct: 5,
        until: { kind: 'decided', atMostMs: 86_400_000 },
        onInconclusive: 'hold',
      },
      {
        kind: 'blueGreen',
        engine: 'guardrails',
        shift: { kind: 'allAtOnce', waitMs: 600_000 },
        terminationWaitMs: 600_000,
        maximumMs: 7_200_000,
        alarms: [],
        onInconclusive: 'hold',
      },
    ]);
  });

  test('is taken from the file as a whole', () => {
    const more = 'onInconclusive: ask\nrouting: { gateway: s3://assignments }\n';
    expect(stagesOf('[{ abTest: {} }]', more)).toMatchObject([{ by: 'user', sharePct: 50, onInconclusive: 'ask' }]);
    expect(stagesOf('[{ abTest: {} }]')).toMatchObject([{ by: 'request', onInconclusive: 'hold' }]);
  });

  test.each([
    ['{}', [10, 20, 30, 40, 50]],
    ['{ from: 5%, to: 32%, step: 9% }', [5, 14, 23, 32]],
    ['{ from: 10%, to: 10.5%, step: 0.1% }', [10, 10.1, 10.2, 10.3, 10.4, 10.5]],
    ['{ from: 10%, to: 45%, step: 20% }', [10, 30, 45]],
    ['{ from: 50% }', [50]],
    ['{ shares: [1%, 5%, 25%] }', [1, 5, 25]],
  ])('linear: %s rises as %j', (ramp, sharesPct) => {
    expect(stagesOf(`[{ linear: ${ramp} }]`)).toMatchObject([{ sharesPct }]);
  });

  test.each([
    ['watch: {}', { forMs: 86_400_000, holdbackPct: 2, keep: 'warm' }],
    ['watch: { keep: cold }', { forMs: 86_400_000, holdbackPct: 0, keep: 'cold' }],
  ])('%s holds back what it can', (line, watch) => {
    const text = `${STAGES.slice(0, STAGES.indexOf('routing:'))}${line}\n`;
    expect(specOf(text).watch).toEqual(watch);
  });
});
