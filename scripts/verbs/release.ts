import { setTimeout as delay } from 'node:timers/promises';
import { releaseLines } from '../../report/release';
import type { ReleaseRequest, ReleaseState } from '../../rollout';
import { readWorkerConfig } from '../../worker/config';
import type { ClientConnection } from '../../worker/connection';
import type { release } from '../../workflows';
import { releaseQuery, stopReleaseSignal } from '../../workflows/messages';
import { actorOf } from '../environment';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { messageOf } from '../person';
import { loadReleaseFile } from '../release-file';
import { awaitPoller } from '../submit';
import { temporalOptions, withTemporal } from '../temporal';
import type { TemporalOptions } from '../temporal';
import { examples, notice, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface ReleaseOptions extends TemporalOptions {
  readonly watch?: boolean;
  readonly stop?: boolean;
  readonly why?: string;
  readonly who?: string;
  readonly json?: boolean;
}

const LOOK_MS = 2_000;

/** `sluice release`: several endpoints as one unit; one that fails brings those that were promoted back, in reverse. */
export const releaseVerb: Verb = {
  declare(command, context) {
    command
      .argument('<file>', 'release file (YAML), or with --stop the name of a release')
      .option('--watch', 'follow it to its end; the exit code is its outcome')
      .option('--stop', 'stop a running release and bring back what it changed; needs --why')
      .option('--why <text>', 'the reason for stopping')
      .option('--who <name>', 'who asks, for the record (default: $SLUICE_USER, git e-mail, $USER)')
      .option('--json', 'print as JSON');
    temporalOptions(command).action(
      context.action((file: string, options: ReleaseOptions) =>
        options.stop ? stopRelease(context, file, options) : startRelease(context, file, options)
      )
    );
    examples(command, [
      ['sluice release spring.yaml --watch', 'start all rollouts of the file in their order, and see them through'],
      [`sluice release spring --stop --why 'wrong week'`, 'what was promoted goes back, in reverse'],
    ]);
  },
};

async function startRelease(context: VerbContext, fileName: string, options: ReleaseOptions): Promise<ExitCode> {
  const plan = await loadReleaseFile(context, { file: fileName, json: options.json ?? false });
  if (plan === null) return EXIT.badInput;
  const request: ReleaseRequest = { ...plan, who: options.who ?? actorOf(context.env) ?? 'unknown' };
  return withTemporal({ surroundings: context, options }, async (temporal) => {
    const { taskQueue, searchAttributes } = readWorkerConfig(context.env);
    const poller = await awaitPoller(temporal, taskQueue);
    if (!poller.ok) throw new Mistake(`Nothing was started: ${poller.found}. ${poller.remedy ?? ''}`, EXIT.unreachable);
    const workflowId = `release/${request.name}`;
    await temporal.client.workflow.start<typeof release>('release', {
      workflowId,
      taskQueue,
      args: [{ ...request, searchAttributes: searchAttributes === 'on' }],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `Release ${request.name}: ${request.waves.flat().length} rollouts`,
    });
    if (!options.watch) {
      if (options.json) printJson(context, { release: request.name, workflow: workflowId });
      else
        print(
          context,
          `Started release ${request.name} (${workflowId}). Stop it: sluice release ${request.name} --stop --why 'say why'`
        );
      return EXIT.done;
    }
    return watchRelease(context, { temporal, workflowId, json: options.json ?? false });
  });
}

async function stopRelease(context: VerbContext, name: string, options: ReleaseOptions): Promise<ExitCode> {
  const message = messageOf(context, { ...options, why: options.why ?? '' });
  return withTemporal({ surroundings: context, options }, async ({ client }) => {
    await client.workflow.getHandle(`release/${name}`).signal(stopReleaseSignal, message);
    print(context, `release/${name} goes back: what was promoted is brought back in reverse.`);
    return EXIT.done;
  });
}

async function watchRelease(
  context: VerbContext,
  input: { readonly temporal: ClientConnection; readonly workflowId: string; readonly json: boolean }
): Promise<ExitCode> {
  const handle = input.temporal.client.workflow.getHandle<typeof release>(input.workflowId);
  let shown = '';
  while (!context.stop.aborted) {
    const state: ReleaseState = await handle.query(releaseQuery);
    const lines = releaseLines(state);
    if (lines.join('\n') !== shown) {
      shown = lines.join('\n');
      if (input.json) context.out.write(`${JSON.stringify(state)}\n`);
      else print(context, ...lines, '');
    }
    if (state.phase === 'ended') {
      const { outcome, why } = await handle.result();
      notice(context, outcome === 'released' ? 'Released.' : `Brought back: ${why ?? ''}`);
      return outcome === 'released' ? EXIT.done : EXIT.rolledBack;
    }
    await delay(LOOK_MS, undefined, { signal: context.stop }).catch(() => undefined);
  }
  return EXIT.interrupted;
}
