import { explain } from '../../rollout';
import type { EndpointState, RolloutResult } from '../../rollout';
import { costText } from '../../report/accounts';
import { wrap } from '../../report/layout';
import { cameBy } from '../../report/owner';
import { duration, plain, sentence } from '../../report/words';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { table } from '../table';
import { askKnownEndpoint, nobodyAnswers } from '../target';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface HistoryOptions extends TemporalOptions {
  readonly json?: boolean;
}

/** `sluice history`: the last rollouts of an endpoint, newest first: what came of them, why, and where the time went. */
export const historyVerb: Verb = {
  declare(command, context) {
    command
      .argument('<endpoint>', 'endpoint')
      .option('--json', 'print whole results as JSON: verdicts, approvals, time accounts by stage');
    temporalOptions(command).action(
      context.action((endpoint: string, options: HistoryOptions) =>
        withTemporal({ surroundings: context, options }, async ({ client }) => {
          const owner = await askKnownEndpoint(client, endpoint.replace(/^endpoint\//, ''));
          if (owner.kind === 'silent') throw nobodyAnswers(owner.why);
          return show(context, owner.value, options.json ?? false);
        })
      )
    );
    examples(command, [
      ['sluice history product-reviews', 'the last twenty, a few lines each'],
      [`sluice history product-reviews --json | jq '.past[0].accounts'`, 'the time accounts of the last one'],
    ]);
  },
};

function show(context: VerbContext, state: EndpointState, json: boolean): ExitCode {
  const { endpoint, incumbent, running, queued, past } = state;
  if (json) {
    printJson(context, { endpoint, incumbent, running, queued, past });
    return EXIT.done;
  }
  if (past.length === 0) {
    const now = running === null ? '' : ` ${running.id} is running: sluice status ${endpoint}`;
    print(context, `${endpoint}: no rollout has ended yet.${now}`);
    return EXIT.done;
  }
  const [head = '', ...rows] = table(
    ['rollout', 'candidate', 'outcome', 'ended (UTC)', 'took', 'judged', 'people', 'AWS', 'cost'],
    past.map(rowOf)
  );
  const width = Math.min(100, context.out.columns);
  print(
    context,
    ...(incumbent === null ? [] : [`${endpoint}: ${incumbent.version} is the incumbent, ${cameBy(incumbent)}.`, '']),
    head,
    ...rows.flatMap((row, i) => [row, ...wrap(reasonOf(past[i]), width - 4).map((line) => `    ${line}`)])
  );
  return EXIT.done;
}

function rowOf(result: RolloutResult): readonly string[] {
  const total = (on: 'bakingMs' | 'personMs' | 'awsMs'): string =>
    duration(result.accounts.reduce((sum, account) => sum + account[on], 0));
  return [
    result.id.split('/').at(-1) ?? result.id,
    result.candidate,
    result.outcome.kind,
    new Date(result.endedAtMs).toISOString().slice(0, 16).replace('T', ' '),
    duration(result.endedAtMs - result.startedAtMs),
    total('bakingMs'),
    total('personMs'),
    total('awsMs'),
    costText(result.cost),
  ];
}

function reasonOf(result: RolloutResult | undefined): string {
  return result === undefined ? '' : sentence(plain(explain(result.outcome)));
}
