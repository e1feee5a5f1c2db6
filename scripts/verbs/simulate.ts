import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { renderCard } from '../../report/card/card';
import { nearestOf } from '../../spec/nearest';
import { readTrace } from '../../spec/trace';
import type { RolloutSpec } from '../../spec/types';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { positiveOption, seedOption } from '../number-option';
import { planned } from '../planned';
import { loadRolloutFile, readText } from '../rollout-file';
import { play } from '../simulate/play';
import type { People, Played } from '../simulate/play';
import { simulationJson, simulationText } from '../simulate/print';
import { scenarioWorld } from '../simulate/scenario-world';
import { traceWorld } from '../simulate/trace-world';
import { SCENARIOS } from '../simulate/truth';
import type { Scenario, ScenarioName } from '../simulate/truth';
import type { World } from '../simulate/world';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface SimulateOptions {
  readonly trace?: string;
  readonly scenario?: string;
  readonly rps: number;
  readonly seed: number;
  readonly people: People;
  readonly json?: boolean;
  readonly card?: string;
}

const PEOPLE: readonly People[] = ['approve', 'reject', 'absent'];

/** `sluice simulate`: a whole rollout file on simulated time, by the machine and the guards of production; needs no server. */
export const simulateVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'rollout file (YAML)')
      .option('--trace <file>', 'play a recorded trace (JSONL, docs/traces.md)')
      .option(
        '--scenario <name>',
        `play a made-up world: ${Object.keys(SCENARIOS).join(', ')}; or one for each candidate, as in v8=better,v9=broken`
      )
      .addOption(new Option('--people <answer>', 'what people say who are asked').choices(PEOPLE).default('approve'))
      .option('--rps <n>', 'requests a second of a made-up world', positiveOption, 10)
      .option('--seed <n>', 'seed of a made-up world', seedOption, 1)
      .option('--card <file>', 'write the card of the rollout as an HTML page')
      .option('--json', 'print the outcome, the exposure and every verdict as JSON');
    command.action(
      context.action(async (file: string, options: SimulateOptions) => {
        const spec = await loadRolloutFile(context, { file, json: options.json ?? false });
        if (spec === null) return EXIT.badInput;
        if (spec.stages.some((stage) => stage.kind === 'bandit' && stage.segments !== undefined))
          throw new Mistake(
            'A bandit with `segments` cannot be simulated: no trace and no made-up world says which segment a request is of. Remove `segments` to see the rest.'
          );
        if (spec.stages.some((stage) => stage.kind === 'bandit' && 'value' in stage.reward))
          throw new Mistake(
            'A bandit that is rewarded by a `value` cannot be simulated: no trace and no made-up world says what events carry. Remove `value` to see what the event alone would do.'
          );
        const world = await worldOf(context, spec, options);
        const played = planned(() => play(spec, world, options.people));
        return report(context, played, options);
      })
    );
    examples(command, [
      ['sluice simulate rollout.yaml --scenario worse --card worse.html', 'what would become of a worse model'],
      ['sluice simulate rollout.yaml --trace trace.jsonl', 'what would have become of a recorded one'],
    ]);
  },
};

async function worldOf(context: VerbContext, spec: RolloutSpec, options: SimulateOptions): Promise<World> {
  const { trace, scenario } = options;
  if ((trace === undefined) === (scenario === undefined))
    throw new Mistake('Say either --trace <file> or --scenario <name>.');
  if (trace !== undefined) {
    const read = readTrace(await readText(path.resolve(context.cwd, trace), trace));
    if (read.ok) return traceWorld(spec, read.rows);
    throw new Mistake(read.problems.map(({ line, message }) => `${trace}:${line}  ${message}`).join('\n'));
  }
  const scenarios = scenariosOf(spec, scenario ?? '');
  return scenarioWorld(spec, { scenarios, requestsPerSecond: options.rps, seed: options.seed });
}

/** One scenario for every candidate, or one for each that is named: `v8=better,v9=broken`. */
function scenariosOf(spec: RolloutSpec, written: string): Readonly<Record<string, Scenario>> {
  const names = spec.candidates.map(({ name }) => name);
  if (!written.includes('=')) {
    const scenario = scenarioOf(written);
    return Object.fromEntries(names.map((name) => [name, scenario]));
  }
  const each = written.split(',').map((part) => {
    const [name = '', scenario = ''] = part.split('=').map((word) => word.trim());
    if (!names.includes(name))
      throw new Mistake(`--scenario names the candidate ${name}; the file has ${names.join(', ')}.`);
    return [name, scenarioOf(scenario)] as const;
  });
  return Object.fromEntries(each);
}

function scenarioOf(name: string): Scenario {
  if (isScenario(name)) return SCENARIOS[name];
  const nearest = nearestOf(name, Object.keys(SCENARIOS));
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  throw new Mistake(`There is no scenario ${name}; there are ${Object.keys(SCENARIOS).join(', ')}.${hint}`);
}

function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}

function report(context: VerbContext, played: Played, options: SimulateOptions): ExitCode {
  const { state, measurements, nowMs } = played;
  if (options.card !== undefined)
    writeFileSync(path.resolve(context.cwd, options.card), renderCard({ state, measurements, nowMs }));
  if (options.json === true) printJson(context, simulationJson(played));
  else print(context, ...simulationText(played));
  return EXIT.done;
}
