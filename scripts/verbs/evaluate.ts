import { InvalidArgumentError, Option } from 'commander';
import { parseEvents } from '../../gateway/event-format';
import { parseExposures } from '../../gateway/exposure-format';
import { parseDuration } from '../../spec/duration';
import type { BanditStage, RolloutSpec } from '../../spec/types';
import { estimatePolicies, loggedMean } from '../evaluate/estimate';
import { decisionLog } from '../evaluate/log';
import type { RewardOf } from '../evaluate/log';
import { onlyArm, readPolicy } from '../evaluate/policy';
import { evaluationText } from '../evaluate/print';
import type { Evaluation } from '../evaluate/print';
import { parseRewards, rewardsByEvent, rewardsByHand } from '../evaluate/rewards';
import { readLines } from '../evaluate/sources';
import type { Source } from '../evaluate/sources';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface EvaluateOptions {
  readonly policy: readonly string[];
  readonly exposures?: string;
  readonly events?: string;
  readonly event?: string;
  readonly rewards?: string;
  readonly since: string;
  readonly until?: string;
  readonly unit: 'user' | 'request';
  readonly confidence: number;
  readonly json?: boolean;
}

/** `sluice evaluate`: off-policy evaluation, what other shares would have earned by the log of those that were. */
export const evaluateVerb: Verb = {
  declare(command, context) {
    command
      .description(
        'Off-policy evaluation: what other shares would have earned, by the log of those that were. Reads what gateways wrote down (exposures with propensities) and the rewards that followed; changes nothing, needs no Temporal.'
      )
      .argument('<file>', 'rollout file, which says where exposures and events are and what a call earns')
      .option(
        '--policy <shares>',
        'v7=20%,v8=80%, or by segment: phones:v8=100%,v7=100%; may be repeated (default: each arm alone)',
        gathered,
        []
      )
      .option('--exposures <data>', 'file, folder or s3:// address of exposures (default: `exposures` of the file)')
      .option(
        '--event <name>',
        'reward: this event followed the call (default: what the bandit of the file is rewarded by)'
      )
      .option('--events <data>', 'file, folder or s3:// address of its events (default: `events` of the file)')
      .option('--rewards <file>', 'file or folder of rewards by hand: {"inferenceId": …, "reward": 0 to 1} a line')
      .option('--since <time>', 'only calls from then on: 2026-11-28T00:00:00Z, or as long ago as 7d', '7d')
      .option('--until <time>', 'only what was known then (default: now)')
      .addOption(
        new Option('--unit <unit>', 'what is drawn: users, who stay with their variant, or every call anew')
          .choices(['user', 'request'])
          .default('user')
      )
      .option('--confidence <share>', 'of the intervals', confidenceOption, 0.95)
      .option('--json', 'print as JSON');
    command.action(
      context.action(async (file: string, options: EvaluateOptions) => {
        const spec = await loadRolloutFile(context, { file, json: options.json ?? false });
        if (spec === null) return EXIT.badInput;
        const found = await evaluate(context, { spec, file, options });
        if (options.json === true) printJson(context, found);
        else print(context, ...evaluationText(found));
        return found.policies.every(({ values }) => values !== null) ? EXIT.done : EXIT.undecided;
      })
    );
    examples(command, [
      ['sluice evaluate rollout.yaml', 'what each arm alone would have earned, last week'],
      ["sluice evaluate rollout.yaml --policy 'v7=50%,v8=50%' --since 2d", 'an equal split'],
      ["sluice evaluate rollout.yaml --policy 'phones:v8=100%,v7=100%'", 'v8 for one segment only'],
      ['sluice evaluate rollout.yaml --exposures exposures/ --rewards rewards.jsonl --json', 'from files, no AWS'],
    ]);
  },
};

interface Asked {
  readonly spec: RolloutSpec;
  readonly file: string;
  readonly options: EvaluateOptions;
}

async function evaluate(context: VerbContext, asked: Asked): Promise<Evaluation> {
  const { spec, options } = asked;
  const untilMs = options.until === undefined ? context.now() : momentOf('--until', options.until, context.now());
  const sinceMs = momentOf('--since', options.since, untilMs);
  const at = options.exposures ?? spec.exposures?.from;
  if (at === undefined)
    throw new Mistake(
      `${asked.file} has no \`exposures\`, where gateways write down whom they gave what. Say where they are: --exposures s3://…`
    );
  const bandit = spec.stages.find((stage): stage is BanditStage => stage.kind === 'bandit');
  const range = { fromMs: sinceMs, toMs: untilMs };
  const all = await readLines(context, sourceOf(at, { ...range, folder: spec.endpoint }), parseExposures);
  const calls = all.filter(({ endpoint, at: time }) => {
    const ms = Date.parse(time);
    return endpoint === spec.endpoint && ms >= sinceMs && ms < untilMs;
  });
  if (calls.length === 0)
    throw new Mistake(
      `There are no exposures of ${spec.endpoint} at ${at} between ${iso(sinceMs)} and ${iso(untilMs)}.`
    );
  const { reward, rewardOf } = await rewardsOf(context, { ...asked, bandit, range });
  const leastShare = (bandit?.floorPct ?? 1) / 100;
  const log = decisionLog(calls, { unit: options.unit, rewardOf, leastShare });
  const written = options.policy.map((text) => readPolicy(text, log));
  const policies = written.length > 0 ? written : log.arms.map(onlyArm);
  return {
    endpoint: spec.endpoint,
    reward,
    unit: options.unit,
    confidence: options.confidence,
    arms: log.arms,
    segments: log.segments.filter((name) => name !== ''),
    counts: log.counts,
    logged: loggedMean(log),
    policies: estimatePolicies(log, { policies, alpha: 1 - options.confidence }),
  };
}

async function rewardsOf(
  context: VerbContext,
  asked: Asked & {
    readonly bandit: BanditStage | undefined;
    readonly range: { readonly fromMs: number; readonly toMs: number };
  }
): Promise<{ readonly reward: string; readonly rewardOf: RewardOf }> {
  const { spec, options, bandit, range } = asked;
  if (options.rewards !== undefined) {
    const rewards = await readLines(context, { path: options.rewards }, parseRewards);
    return { reward: 'the rewards given', rewardOf: rewardsByHand(rewards) };
  }
  const own = bandit?.reward.kind === 'event' ? bandit.reward : undefined;
  const event = options.event ?? own?.event;
  if (event === undefined)
    throw new Mistake(
      `Nothing says what a call earns: ${asked.file} has no bandit that is rewarded by an event. Say --event NAME, or --rewards FILE with a line for each call, for example 1 for a right answer.`
    );
  const known = spec.events?.[event];
  if (known === undefined) {
    const names = Object.keys(spec.events ?? {});
    throw new Mistake(
      `${asked.file} has no event ${event} among its \`events\`, which say how long after a call it counts. ${names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`}`
    );
  }
  const events = await readLines(
    context,
    sourceOf(options.events ?? known.from, { ...range, folder: event }),
    parseEvents
  );
  const value = own?.event === event ? own.value : undefined;
  const ofCalls = events.filter((one) => one.event === event && one.endpoint === spec.endpoint);
  return {
    reward: value === undefined ? event : `${event}, of ${value[0]} to ${value[1]}`,
    rewardOf: rewardsByEvent(ofCalls, {
      windowMs: known.windowMs,
      untilMs: range.toMs,
      ...(value !== undefined && { value }),
    }),
  };
}

function sourceOf(
  at: string,
  hours: { readonly folder: string; readonly fromMs: number; readonly toMs: number }
): Source {
  return at.startsWith('s3://') ? { uri: at, ...hours } : { path: at };
}

/** A moment, or how long before `fromMs`. */
function momentOf(option: string, text: string, fromMs: number): number {
  const ago = parseDuration(text);
  if (ago !== null) return fromMs - ago;
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new Mistake(`${option} is ${text}; write 2026-11-28T00:00:00Z, or a duration such as 7d.`);
  return ms;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function gathered(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function confidenceOption(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(value > 0.5 && value < 1)) throw new InvalidArgumentError('It must be between 50% and 100%, such as 95%.');
  return value;
}
