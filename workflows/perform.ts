import { condition } from '@temporalio/workflow';
import type { Command, RolloutEvent } from '../rollout';
import { hasExperiment, leaderOf, sharesText, variantShares } from '../rollout';
import * as options from './activity-options';
import { attempt, contextOf, namedOf, say, sleepUnless, unlessAborted, untilOvertaken } from './attempt';
import { followDeployment, lookAtEvidence } from './look';
import type { StateHolder } from './transition';

/** Does what a command says and returns what came of it; `null` when a verb overtook it. Failures are events, never exceptions. */
export async function perform(holder: StateHolder, command: Command): Promise<RolloutEvent | null> {
  const { state } = holder;
  const { endpoint } = state.spec;
  switch (command.kind) {
    case 'readEndpoint':
      return attempt(async () => {
        const read = await say(options.call, `Read endpoint ${endpoint}`).inspectEndpoint(contextOf(state));
        if (state.spec.transforms === undefined) return { kind: 'endpointRead', ...read };
        const checked = await say(options.call, 'Compare transforms').checkTransforms(contextOf(state));
        return { kind: 'endpointRead', ...read, checked };
      });
    case 'fixPlan':
      return untilOvertaken(holder, () =>
        attempt(async () => {
          const summary =
            command.live === null ? 'Fix the plan' : `Measure ${command.live.version}, fix margins and budgets`;
          const input = { ...namedOf(state), calibrated: command.calibrated };
          return { kind: 'planFixed', ...(await say(options.plan, summary).fixPlan(input)) };
        })
      );
    case 'createEndpoint':
      return unlessAborted(holder, async () => {
        const context = namedOf(state);
        const candidate = leaderOf(state);
        const got = await say(options.change, `Create endpoint ${endpoint} with ${candidate}`).createEndpoint(context);
        await awaitConfig(endpoint, context.names.single[candidate] ?? '');
        return { kind: 'done', ...got };
      });
    case 'deploy':
      return unlessAborted(holder, async () => {
        const context = namedOf(state);
        const summary = deploySummary(holder, command.to);
        const got = await say(options.change, summary).deploy({ ...context, to: command.to });
        // An experiment gives the endpoint a config of SageMaker's own making, and the activity has seen it run.
        const isExperiment = command.to === 'shadowed' && hasExperiment(state.spec);
        if (!isExperiment) await awaitConfig(endpoint, context.names[command.to]);
        return { kind: 'done', ...got };
      });
    case 'wait':
      return (await sleepUnless(holder, command.untilMs - Date.now(), 'Measure the incumbent against itself'))
        ? null
        : { kind: 'done' };
    case 'standStill': {
      const { paused, phase } = holder.state;
      await condition(
        () => holder.state.paused !== paused || holder.state.phase !== phase || holder.state.abort !== null
      );
      return null;
    }
    case 'warmUp':
      return unlessAborted(holder, async () => {
        const { candidates, requests } = command;
        const summary = `Warm ${candidates.join(', ')} up with ${requests} marked requests`;
        await say(options.wait, summary).warmUp({ ...namedOf(state), candidates, requests });
        return { kind: 'done' };
      });
    case 'setShares':
      return unlessAborted(holder, async () => {
        const context = namedOf(state);
        const { layout } = command;
        const text = sharesText(layout.sharesPct);
        await say(options.change, `Shift ${text}`).shiftTraffic({ ...context, layout });
        await say(options.wait, `Read back: ${text}`).awaitEndpoint({
          endpoint,
          configName: context.names.split,
          sharesPct: variantShares(layout, state.incumbent?.variant ?? ''),
        });
        return { kind: 'done' };
      });
    case 'look':
      return lookAtEvidence(holder, command);
    case 'startGuardrails':
      return unlessAborted(holder, async () => {
        const { stage } = command;
        const summary = `Deploy ${leaderOf(state)} by SageMaker’s guardrails`;
        await say(options.change, summary).startGuardrails({ ...namedOf(state), stage });
        return { kind: 'done' };
      });
    case 'followGuardrails':
      return followDeployment(holder, command);
    case 'finalise':
      return unlessAborted(holder, async () => {
        const context = namedOf(state);
        const { winner, afterMs } = command;
        if (await sleepUnless(holder, afterMs, 'Before trying again to finish the promotion')) return { kind: 'done' };
        await say(options.compensate, `Rewrite ${endpoint} to ${winner} alone`).rewriteToWinner({ ...context, winner });
        await awaitConfig(endpoint, context.names.single[winner] ?? '');
        return { kind: 'done' };
      });
    case 'assess':
      if (await sleepUnless(holder, command.afterMs, 'Before looking at both sides again')) return null;
      return untilOvertaken(holder, () =>
        attempt(async () => {
          const input = { ...namedOf(state), layout: state.layout };
          return { kind: 'assessed', sides: await say(options.look, 'Look at both sides').assess(input) };
        })
      );
    case 'restore':
      if (await sleepUnless(holder, command.afterMs, 'Before trying again to roll back')) return null;
      return attempt(async () => {
        const summary = `Roll back to ${state.incumbent?.version ?? 'the incumbent'}`;
        await say(options.compensate, summary).restoreIncumbent({ ...namedOf(state), doubtful: command.doubtful });
        return { kind: 'done' };
      });
    case 'removeEndpoint':
      if (await sleepUnless(holder, command.afterMs, 'Before trying again to remove the endpoint')) return null;
      return attempt(async () => {
        await say(options.compensate, `Remove ${endpoint}: its first deployment failed`).removeEndpoint(namedOf(state));
        return { kind: 'done' };
      });
    case 'clean':
      return attempt(async () => {
        const input = { ...namedOf(state), keep: command.keep };
        await say(options.compensate, 'Delete what nothing uses any more').collectGarbage(input);
        return { kind: 'done' };
      });
    case 'end':
      return null;
  }
}

async function awaitConfig(endpoint: string, configName: string): Promise<void> {
  const input = { endpoint, configName, sharesPct: null };
  await say(options.wait, `Wait until ${endpoint} is in service`).awaitEndpoint(input);
}

function deploySummary({ state }: StateHolder, to: 'split' | 'shadowed' | 'sliced'): string {
  const incumbent = state.incumbent?.version ?? '?';
  const names = state.spec.candidates.map(({ name }) => name).join(', ');
  switch (to) {
    case 'split':
      return `Deploy ${names} beside ${incumbent}, 0 % of traffic`;
    case 'shadowed':
      return `Deploy ${names} as a shadow of ${incumbent}`;
    case 'sliced':
      return `Deploy ${incumbent} twice, to compare it with itself`;
  }
}
