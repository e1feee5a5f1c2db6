import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { shellWord } from '../../report/words';
import { readWorkerConfig } from '../../worker/config';
import { askEndpoint, describe } from '../ask';
import { applyBatchSchedules, upsertedLines } from '../batch/schedule';
import { actorOf } from '../environment';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { loadRolloutFile } from '../rollout-file';
import { submitRollout } from '../submit';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { uiLink } from '../ui-link';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';
import { watchOptions, watchRollout } from '../watching';
import type { WatchOptions } from '../watching';

/** Pause between two looks for a queued rollout. */
const LOOK_MS = 1_000;

interface DeployOptions extends TemporalOptions, WatchOptions {
  readonly watch?: boolean;
  readonly who?: string;
}

/** `sluice deploy`: checks the file, hands the rollout to the endpoint's owner, brings the schedules of its batches to it, and says how to see it. */
export const deployVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'rollout file (YAML)')
      .option('--watch', 'follow it to its end; the exit code is its outcome')
      .option('--who <name>', 'who asks, for the record (default: $SLUICE_USER, git e-mail, $USER)')
      .option('--json', 'print the ids as JSON; with --watch, then a line of JSON for each change');
    temporalOptions(watchOptions(command)).action(
      context.action((file: string, options: DeployOptions) => deploy(context, { file, options }))
    );
    examples(command, [
      ['sluice deploy rollout.yaml', 'start it and return'],
      ['sluice deploy rollout.yaml --watch', 'start it and see it through'],
      ['sluice deploy rollout.yaml --watch --timeout 1h --json', 'in a pipeline'],
    ]);
  },
};

async function deploy(
  context: VerbContext,
  input: { readonly file: string; readonly options: DeployOptions }
): Promise<ExitCode> {
  const { file, options } = input;
  const json = options.json ?? false;
  const spec = await loadRolloutFile(context, { file, json });
  if (spec === null) return EXIT.badInput;
  return withTemporal({ surroundings: context, options }, async (temporal) => {
    const who = options.who ?? actorOf(context.env) ?? 'unknown';
    const { rolloutId, number, isQueued } = await submitRollout(temporal, {
      surroundings: context,
      request: { spec, who },
    });
    const link = uiLink({
      env: context.env,
      address: temporal.address,
      namespace: temporal.namespace,
      workflowId: rolloutId,
    });
    const candidate = spec.candidates[0].name;
    // Schedules hold no model, so they may be there before the rollout is through.
    const { taskQueue } = readWorkerConfig(context.env);
    const schedules = await applyBatchSchedules(temporal.client, { spec, taskQueue });
    if (json)
      (options.watch ? printLine : printJson)(context, {
        rollout: rolloutId,
        number,
        queued: isQueued,
        endpoint: spec.endpoint,
        candidate,
        link,
        ...(schedules.length > 0 && { schedules }),
      });
    else
      (options.watch ? notice : print)(
        context,
        isQueued
          ? `Queued ${rolloutId}: ${candidate} on ${spec.endpoint} starts ${
              spec.baseline.data === undefined
                ? 'when the running rollout has ended'
                : 'when its baselines are made and no other rollout runs'
            }.`
          : `Started ${rolloutId}: ${candidate} on ${spec.endpoint}.`,
        ...(link === null || isQueued ? [] : [`See it in Temporal: ${link}`]),
        ...upsertedLines(schedules, spec.endpoint)
      );
    if (options.watch && isQueued && !(await untilItsTurn({ context, client: temporal.client, rolloutId, number })))
      return EXIT.interrupted;
    if (options.watch) return watchRollout({ surroundings: context, temporal, id: rolloutId, options });
    if (!json) nextCommands(context, spec.endpoint, isQueued);
    return EXIT.done;
  });
}

/** A queued rollout has no workflow yet. False when it was taken back, or the watcher was interrupted. */
async function untilItsTurn(input: {
  readonly context: VerbContext;
  readonly client: Client;
  readonly rolloutId: string;
  readonly number: number;
}): Promise<boolean> {
  const { context, client, rolloutId, number } = input;
  notice(context, 'Waiting for its turn ...');
  while (!context.stop.aborted) {
    if ((await describe(client, rolloutId)) !== null) return true;
    const owner = await askEndpoint(client, rolloutId.slice('rollout/'.length, rolloutId.lastIndexOf('/')));
    if (owner.kind === 'answered' && owner.value.queued?.number !== number && owner.value.running?.number !== number)
      throw new Mistake(
        owner.value.givenUp?.number === number
          ? `${rolloutId} was given up before it began: ${owner.value.givenUp.why}`
          : `${rolloutId} was taken back before its turn came.`
      );
    await delay(LOOK_MS, undefined, { signal: context.stop }).catch(() => undefined);
  }
  return false;
}

function nextCommands(context: VerbContext, endpoint: string, isQueued: boolean): void {
  const name = shellWord(endpoint);
  if (isQueued) return print(context, '', `  sluice withdraw ${name} --why 'say why'   take it back before its turn`);
  print(
    context,
    '',
    `  sluice watch ${name}                   follow it`,
    `  sluice abort ${name} --why 'say why'   stop it and roll back`
  );
}

function printLine(context: VerbContext, value: unknown): void {
  context.out.write(`${JSON.stringify(value)}\n`);
}
