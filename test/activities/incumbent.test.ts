import { describe, expect, test } from '@jest/globals';
import { readIncumbent } from '../../activities/incumbent';
import type { AskWorkflow } from '../../activities/incumbent';
import { afterEnd, afterWatching, ownerState, runningOf } from '../../rollout';
import type { EndpointState, RolloutResult, Served } from '../../rollout';
import type { AwsClients } from '../../sagemaker/clients';
import { aSpec } from '../support/spec';

const v1: Served = { version: 'v1', variant: 'v1', modelName: 'model-v1', configName: 'config-v1' };
const v2: Served = { version: 'v2', variant: 'v2', modelName: 'model-v2', configName: 'config-v2' };

function running(incumbent: Served | null): EndpointState {
  const by = { id: 'rollout/e/1', number: 1, who: 'ana', sinceMs: 1, follower: null, baselines: {} };
  const pointer = incumbent && { ...incumbent, sinceMs: 0, rollout: null, spec: null, baselines: {} };
  return { ...ownerState('e', null), count: 1, incumbent: pointer, running: runningOf(aSpec(), by) };
}

/** Temporal as it would answer; SageMaker is not to be asked. */
async function asked(owner: EndpointState, rollout: { readonly incumbent: unknown } | null = null): Promise<unknown> {
  const aws = {} as Pick<AwsClients, 'sagemaker'>;
  const ask = (async (id: string) => (id === 'endpoint/e' ? owner : rollout)) as AskWorkflow;
  return readIncumbent(aws, 'e', ask);
}

describe('what a batch scores with', () => {
  test('is the incumbent during a rollout, and also while a promoted model is only watched', async () => {
    const during = running(v1);
    const watched = afterWatching(during, { number: 1, watched: v2 });
    for (const state of [during, watched])
      expect(await asked(state)).toEqual({ modelName: 'model-v1', version: 'v1', from: 'owner' });
  });

  test('is the promoted model once its rollout has ended, and the former one after a rollback', async () => {
    const ended = (kind: 'promoted' | 'rolledBack', served: Served): RolloutResult =>
      ({ served, endedAtMs: 9, outcome: { kind, because: { kind: 'evidence', reason: 'n' } } }) as RolloutResult;
    const after = (result: RolloutResult): EndpointState => afterEnd(running(v1), { number: 1, result });
    expect(await asked(after(ended('promoted', v2)))).toMatchObject({ modelName: 'model-v2', from: 'owner' });
    expect(await asked(after(ended('rolledBack', v1)))).toMatchObject({ modelName: 'model-v1', from: 'owner' });
  });

  test('is what the first rollout would return to, where the owner has no incumbent yet', async () => {
    const found = { modelName: 'model-v0', version: 'v0' };
    expect(await asked(running(null), { incumbent: found })).toEqual({ ...found, from: 'rollout' });
  });
});
