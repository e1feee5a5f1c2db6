import { incumbentOf, rehearse } from '../rollout';
import type { Incumbent, LiveEndpoint, Rehearsal } from '../rollout';
import { changesOf } from './plan-diff';
import { costOf } from './plan-cost';
import { findingsOf } from './plan-lint';
import type { Foreseen, PlanInput } from './plan-input';
import { powerOf } from './plan-power';
import { peakOf, stepsOf } from './plan-steps';
import type { RolloutPlanView } from './plan-view';
import { count, duration } from './words';

/** Everything that `sluice plan` shows. Pure: the machine of the rollout itself is played with what was read and foretold. */
export function planView(input: PlanInput): RolloutPlanView {
  const { spec, file, live, prices, region } = input;
  const serving = servingOf(input);
  const play = (decides: 'expected' | 'deadline'): Rehearsal =>
    rehearse({
      spec,
      live: serving,
      names: input.names,
      pace: {
        requestsPerSecond: input.traffic.requestsPerSecond,
        passMs: (sharePct) => passAt(input.foreseen, sharePct),
        decides,
      },
    });
  const [expected, slowest] = [play('expected'), play('deadline')];
  const incumbent = servingAlone(serving);
  const names = spec.candidates.map(({ name }) => name).join(', ');
  const over = incumbent === null ? '' : ` over ${live === null ? 'what serves' : incumbent.version}`;
  return {
    file,
    endpoint: spec.endpoint,
    headline: `${names}${over} on ${spec.endpoint}${serving === null ? ': first deployment' : ''}`,
    basis: basisOf(input),
    changes: changesOf(input),
    steps: stepsOf({ spec, incumbent, rehearsal: expected }),
    total: {
      expectedMs: lastMs(expected),
      atMostMs: lastMs(slowest),
      looks: expected.looks,
      actions: expected.actions,
      peak: peakOf(spec, incumbent, expected),
    },
    cost: costOf({ spec, incumbent, expected, slowest, prices, region }),
    wayBack: wayBackOf(input, incumbent),
    power: live !== null && live.endpoint === null ? [] : powerOf(input),
    findings: findingsOf(input, expected),
  };
}

/** What the rehearsal finds on the endpoint. Where nobody looked, an incumbent on the candidate's own instances is assumed. */
export function servingOf({ live, spec }: Pick<PlanInput, 'live' | 'spec'>): LiveEndpoint | null {
  if (live !== null) return live.endpoint;
  const [{ instance }] = spec.candidates;
  const variant = { modelName: '', sharePct: 100, instanceType: instance.type, instanceCount: instance.count };
  return { status: 'Unknown', configName: 'its config', variants: [{ name: 'incumbent', ...variant }] };
}

/**
 * Expected time until all required guards pass at a share: the slowest of them. What is held at other shares than those foretold goes by
 * the next smaller one. Null when one of them is not expected to pass, or none was foretold.
 */
function passAt(foreseen: readonly Foreseen[], sharePct: number): number | null {
  const shares = [...new Set(foreseen.map((one) => one.sharePct))].sort((a, b) => a - b);
  const nearest = shares.findLast((share) => share <= sharePct + 0.01) ?? shares[0];
  const own = foreseen.filter((one) => one.required && one.sharePct === nearest);
  if (own.length === 0) return null;
  return own.reduce<number | null>((slowest, { passMs }) => {
    if (slowest === null || passMs === null) return null;
    return Math.max(slowest, passMs);
  }, 0);
}

function servingAlone(serving: LiveEndpoint | null): Incumbent | null {
  const [variant] = serving?.variants ?? [];
  return serving === null || variant === undefined ? null : incumbentOf(serving, variant);
}

function basisOf({ live, traffic, spec }: PlanInput): string {
  const rate = count2(traffic.requestsPerSecond);
  const seen = {
    observed: `at ${rate} requests/s, as observed over the last ${duration(spec.baseline.lookbackMs)}`,
    given: `at ${rate} requests/s and the rates given on the command line`,
    unknown: 'traffic is not known, so nothing is foretold',
  }[traffic.from];
  if (live === null) return `Offline: the endpoint was not read; ${seen}.`;
  return live.endpoint === null
    ? 'There is no such endpoint yet; its stages are skipped.'
    : `For a model as good as the one that serves, ${seen}.`;
}

function wayBackOf({ spec, live }: PlanInput, incumbent: Incumbent | null): string {
  if (live !== null && live.endpoint === null) return 'The endpoint is removed again if it does not come into service.';
  if (incumbent === null) return 'Nothing serves alone that could be returned to.';
  const { variant, configName, instanceCount, instanceType } = incumbent;
  const target = live === null ? 'what serves now' : `${variant} on ${configName} (${instanceCount} × ${instanceType})`;
  const warm = spec.watch?.keep === 'warm' ? ', also during the watch' : '';
  const isGuarded = spec.stages.some((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails');
  return isGuarded
    ? `${target}: by SageMaker itself while it deploys, afterwards by UpdateEndpoint (minutes).`
    : `${target}: traffic by one weight call${warm}, then the config by UpdateEndpoint (minutes).`;
}

const lastMs = ({ spans }: Rehearsal): number => spans.at(-1)?.toMs ?? 0;

/** Two digits are as much as traffic is worth. */
function count2(value: number): string {
  return value >= 100 ? count(value) : String(Number(value.toPrecision(2)));
}
