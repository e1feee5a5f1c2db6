import { setTimeout as delay } from 'node:timers/promises';
import { Option } from 'commander';
import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { endpointWorkflowId, refuseRetirement } from '../../rollout';
import type { EndpointState, RetirementState } from '../../rollout';
import { deletedLines, retirementLine } from '../../report/retirement';
import { cameBy } from '../../report/owner';
import { shellWord } from '../../report/words';
import type { retirement } from '../../workflows';
import { retirementQuery, retireUpdate } from '../../workflows/messages';
import { confirm } from '../confirm';
import { durationOption } from '../duration-option';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { messageOf, NO_ANSWER, order } from '../person';
import { askKnownEndpoint, nobodyAnswers } from '../target';
import { grpcReason, temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

const LOOK_MS = 500;
const DAY_MS = 86_400_000;

interface RetireOptions extends TemporalOptions {
  readonly why: string;
  readonly who?: string;
  readonly quiet: number;
  readonly atMost: number;
  readonly now?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `sluice retire`: says what would be deleted, asks, and follows it to its end. */
export const retireVerb: Verb = {
  declare(command, context) {
    command
      .argument('<endpoint>', 'endpoint')
      .requiredOption('--why <text>', 'the reason; it is kept')
      .option('--who <name>', 'who decides (default: $SLUICE_USER, git e-mail, $USER)')
      .addOption(
        new Option('--quiet <duration>', 'nothing is deleted before nobody has called it for so long')
          .argParser(durationOption)
          .default(900_000, '15m')
      )
      .addOption(
        new Option('--at-most <duration>', 'give up when it is still called after so long')
          .argParser(durationOption)
          .default(3_600_000, '1h')
      )
      .option('--now', 'do not wait; whoever still calls it gets errors')
      .option('--yes', 'do not ask')
      .option('--json', 'print as JSON; changes nothing without --yes');
    temporalOptions(command).action(
      context.action((endpoint: string, options: RetireOptions) =>
        withTemporal({ surroundings: context, options }, ({ client }) =>
          retire(context, { client, endpoint: endpoint.replace(/^endpoint\//, ''), options })
        )
      )
    );
    examples(command, [
      [`sluice retire reviews --why 'replaced by reviews-v2'`, 'say what would be deleted, ask, and do it'],
      [`sluice retire reviews --why 'end of the trial' --quiet 1h --at-most 3d --yes`, 'patiently, in a script'],
      [`sluice retire reviews --why 'costs' --now --yes`, 'at once'],
    ]);
  },
};

async function retire(
  context: VerbContext,
  input: { readonly client: Client; readonly endpoint: string; readonly options: RetireOptions }
): Promise<ExitCode> {
  const { client, endpoint, options } = input;
  const { quiet: quietMs, atMost: atMostMs, json = false } = options;
  if (quietMs > DAY_MS || atMostMs > 7 * DAY_MS)
    throw new Mistake('--quiet is at most 1d, and --at-most at most 7d: CloudWatch and patience end there.');
  const { who, why } = messageOf(context, options);
  const owner = await askKnownEndpoint(client, endpoint);
  if (owner.kind === 'silent') throw nobodyAnswers(owner.why);
  const refusal = refuseRetirement(owner.value);
  if (refusal !== null) throw new Mistake(`Nothing was changed. ${refusal}`);
  if (!json) print(context, ...intention(owner.value));
  if (options.yes !== true && (json || !(await confirm(context, `Retire ${endpoint}?`)))) {
    const again = `sluice retire ${shellWord(endpoint)} --why ${shellWord(why)} --yes`;
    if (json) printJson(context, { endpoint, retired: false, next: again });
    else print(context, `Nothing was changed. To retire it: ${again}`);
    return EXIT.done;
  }
  const drain = options.now === true ? null : { quietMs, atMostMs };
  const id = await ask(client, endpoint, { who, why, drain });
  return follow(context, { client, id, endpoint, json });
}

async function ask(
  client: Client,
  endpoint: string,
  message: { readonly who: string; readonly why: string; readonly drain: RetirementState['request']['drain'] }
): Promise<string> {
  const answer = await order(client, { id: endpointWorkflowId(endpoint), update: retireUpdate, message });
  if (answer.kind === 'answered') return answer.value;
  if (answer.kind === 'silent') throw nobodyAnswers(`${NO_ANSWER}; your order may still arrive when one does`);
  throw new Mistake(`Nobody owns ${endpoint} any more; there is nothing to retire.`);
}

/** Shows each step as it comes. Ctrl-C ends the showing, not the retirement. */
async function follow(
  context: VerbContext,
  input: { readonly client: Client; readonly id: string; readonly endpoint: string; readonly json: boolean }
): Promise<ExitCode> {
  const { client, id, endpoint, json } = input;
  const handle = client.workflow.getHandle<typeof retirement>(id);
  let shown = '';
  for (;;) {
    const state = await handle.query(retirementQuery).catch((error: unknown) => {
      // It may not have begun, or its worker is away for a moment.
      if (grpcReason(error) === null) throw error;
      return null;
    });
    const line = state === null ? shown : retirementLine(state);
    if (line !== shown && state?.result === null) notice(context, line);
    shown = line;
    if (state !== null && state.result !== null) break;
    if ((await handle.describe().catch(() => null))?.status.name === 'CANCELLED')
      throw new Mistake(`${id} was cancelled and stopped where it was. Go on: sluice retire ${shellWord(endpoint)}`);
    if (context.stop.aborted) return EXIT.interrupted;
    await delay(LOOK_MS, undefined, { signal: context.stop }).catch(() => undefined);
  }
  try {
    const result = await handle.result();
    const line = result.kind === 'retired' ? `${endpoint} is retired.` : result.why;
    if (json) printJson(context, { endpoint, retirement: id, retired: result.kind === 'retired', ...result });
    else if (result.kind === 'retired')
      print(
        context,
        ...deletedLines(result).map((text) => `  ${text}`),
        `${line} What was: sluice history ${endpoint}`
      );
    else print(context, line, 'Find out who calls it, or say --now.');
    return result.kind === 'retired' ? EXIT.done : EXIT.timedOut;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new Mistake(`${id} did not end: ${error.cause?.message ?? error.message}`, EXIT.internal, { cause: error });
  }
}

function intention({ endpoint, incumbent }: EndpointState): readonly string[] {
  const serves = incumbent === null ? '' : ` It serves ${incumbent.version}, ${cameBy(incumbent)}.`;
  return [
    `${endpoint} would be retired.${serves}`,
    '  Deleted, in this order: its schedules (batch, monitors, registry), its scaling, its alarms, the endpoint, its endpoint configs, its models; all that Sluice made.',
    '  Kept: captured data, labels, reports and baselines in S3, and the history of its rollouts.',
  ];
}
