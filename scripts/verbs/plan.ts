import { InvalidArgumentError } from 'commander';
import { guardNames } from '../../guards';
import { renderPlan } from '../../report/plan-terminal';
import { planView } from '../../report/plan-model';
import type { RolloutPlanView } from '../../report/plan-view';
import { anyOf } from '../../report/words';
import { parseShare } from '../../spec/share';
import type { RolloutSpec } from '../../spec/types';
import { wantsColor } from '../environment';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { positiveOption } from '../number-option';
import { preparePlan } from '../plan/prepare';
import type { GivenTraffic } from '../plan/prepare';
import { pricesFrom } from '../plan/prices';
import { loadRolloutFile } from '../rollout-file';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface PlanOptions {
  readonly offline?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly rps?: number;
  readonly rates?: Readonly<Record<string, number>>;
  readonly region?: string;
  readonly prices?: string;
}

/** `sluice plan`: what a rollout would do, take and cost, and what is wrong with it, without touching anything. */
export const planVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'rollout file (YAML)')
      .option('--offline', 'call nobody: without the diff, and with traffic only as you say it')
      .option('--rps <n>', 'requests a second, instead of those observed', positiveOption)
      .option('--rates <list>', 'the incumbent’s rates of bad events by guard: errors=0.5%,quality=12%', ratesOption)
      .option('--region <name>', 'region whose prices count (default: that of the AWS settings)')
      .option('--prices <file>', 'price table (default: a few common types in us-east-1)')
      .option('--strict', 'exit with 2 for warnings, too')
      .option('--json', 'print the plan as JSON');
    command.action(context.action((file: string, options: PlanOptions) => plan(context, file, options)));
    examples(command, [
      ['sluice plan rollout.yaml', 'against the live endpoint, by its own traffic; AWS is only read'],
      ['sluice plan rollout.yaml --offline --rps 10 --rates errors=0.5%', 'on paper'],
      ['sluice plan rollout.yaml --strict --json', 'in a pipeline: exit 2 when it would not do what it is for'],
    ]);
  },
};

async function plan(context: VerbContext, file: string, options: PlanOptions): Promise<ExitCode> {
  const json = options.json ?? false;
  const spec = await loadRolloutFile(context, { file, json });
  if (spec === null) return EXIT.badInput;
  const prices = await pricesFrom(context.cwd, options.prices);
  const given = givenTraffic(spec, options);
  const offline = options.offline ?? false;
  // Reading a day of evidence and playing the guards takes seconds.
  if (!json && context.err.isTTY) notice(context, offline ? 'Foretelling ...' : 'Reading AWS and foretelling ...');
  const region = options.region ?? null;
  const view = planView(await preparePlan({ file, spec, offline, given, prices, region, now: context.now }));
  if (json) printJson(context, view);
  else {
    const { env, out } = context;
    const width = out.isTTY ? Math.min(100, out.columns) : 100;
    print(context, ...renderPlan(view, { width, color: wantsColor(env, out) }));
  }
  return exitOf(view, options.strict ?? false);
}

function exitOf({ findings }: RolloutPlanView, strict: boolean): ExitCode {
  const isBad = findings.some(({ level }) => level === 'error' || (strict && level === 'warning'));
  return isBad ? EXIT.badInput : EXIT.done;
}

/** Traffic as typed. Rates alone would be rates of nothing. */
function givenTraffic(spec: RolloutSpec, { rps, rates }: PlanOptions): GivenTraffic | null {
  const names = guardNames(spec.guards);
  const unknown = Object.keys(rates ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Mistake(`--rates names ${unknown}, which is no guard of the file: ${anyOf(names)}.`);
  if (rps !== undefined) return { requestsPerSecond: rps, rates: rates ?? {} };
  if (rates !== undefined) throw new Mistake('--rates needs --rps: how many requests a second they are of.');
  return null;
}

/** `errors=0.5%,quality=12%` as fractions. */
function ratesOption(text: string): Readonly<Record<string, number>> {
  const pairs = text.split(',').map((part) => part.trim().split('='));
  return Object.fromEntries(
    pairs.map(([name = '', written = '']) => {
      const pct = parseShare(written.trim());
      if (name.trim() === '' || pct === null || pct > 100)
        throw new InvalidArgumentError('It looks like errors=0.5%,quality=12%.');
      return [name.trim(), pct / 100] as const;
    })
  );
}
