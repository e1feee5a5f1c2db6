import type { Layout } from '../rollout';
import { variantShares } from '../rollout';
import { describeEndpoint, shareAmiss } from '../sagemaker/endpoint';
import { FailureError } from '../sagemaker/faults';
import type { ActivityDeps } from './deps';
import { singleConfigName } from './endpoint-config';
import { experimentConfig, experimentOf } from './experiment';
import type { LookRequest, NamedContext } from './types';

/** A provider that went back by itself, or somebody who changed the endpoint, makes all further evidence meaningless. */
export async function expectUntouched(deps: ActivityDeps, input: LookRequest): Promise<void> {
  const { spec, layout, incumbent } = input;
  const { endpoint } = spec;
  const description = await describeEndpoint(deps.aws.sagemaker, endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${endpoint} is gone.`);
  const configName = description.EndpointConfigName ?? '';
  const isExperiment = layout.kind === 'shadowed' && experimentOf(spec) !== null;
  const wanted = isExperiment ? await experimentConfig(deps, input) : configNameOf(input, layout);
  if (configName !== wanted) {
    const silent = configName === incumbent?.configName;
    const what = silent
      ? `SageMaker went back by itself (${description.FailureReason ?? 'no reason given'})`
      : 'somebody changed it';
    throw new FailureError(
      silent ? 'SilentRollback' : 'OutsideChange',
      `Endpoint ${endpoint} is on config ${configName}, not on ${wanted}: ${what}.`
    );
  }
  // While it changes, weights are on their way.
  if (description.EndpointStatus !== 'InService') return;
  const amiss = shareAmiss(description, variantShares(layout, incumbent?.variant ?? ''));
  if (amiss !== null) throw new FailureError('OutsideChange', `${amiss}: somebody changed it.`);
}

/** The endpoint config that a layout stands for. Before anything was deployed it is the incumbent's own. */
export function configNameOf({ names, incumbent }: NamedContext, layout: Layout): string {
  switch (layout.kind) {
    case 'split':
      return names.split;
    case 'shadowed':
      return names.shadowed;
    case 'sliced':
      return names.sliced;
    case 'single': {
      const [winner] = Object.keys(layout.sharesPct);
      return winner === undefined ? (incumbent?.configName ?? '') : singleConfigName(names, winner);
    }
  }
}
