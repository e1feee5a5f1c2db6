import { ephemeralName } from '../../sagemaker/names';
import { FailureError } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';
import { modelName, tagsFor } from '../endpoint-config';
import type { NamedContext } from '../types';
import type { ArmCopies } from '../evidence/attributions';
import { ExplainedWindows } from '../evidence/explained';
import { endpointCaller } from './endpoint-caller';
import { closeEphemeral, openEphemeral, removeEphemeral } from './ephemeral-model';
import type { EphemeralModel } from './ephemeral-model';

/** The copy of one arm's model that a rollout may ask; null for an arm that it does not know. */
export function copyOf(context: NamedContext, arm: string): EphemeralModel | null {
  const { spec, names, incumbent, id } = context;
  const common = {
    name: ephemeralName(spec.endpoint, arm, id),
    endpoint: spec.endpoint,
    ...(spec.aws.kms !== undefined && { kms: spec.aws.kms }),
    tags: tagsFor(context),
  };
  const candidate = spec.candidates.find(({ name }) => name === arm);
  if (candidate !== undefined)
    return { ...common, modelName: modelName(names, candidate), instanceType: candidate.instance.type };
  if (incumbent?.variant !== arm) return null;
  return { ...common, modelName: incumbent.modelName, instanceType: incumbent.instanceType };
}

/** One for all rollouts of a worker. */
const explained = new ExplainedWindows(() => performance.now());

/** The copies that one look may open. They are taken away after each window: it costs minutes, not the instance of days. */
export function armCopies(deps: ActivityDeps, context: NamedContext): ArmCopies {
  const known = (arm: string): EphemeralModel => {
    const copy = copyOf(context, arm);
    if (copy === null) throw new FailureError('Internal', `${arm} is no arm of this rollout.`);
    return copy;
  };
  return {
    explained,
    async open(arm, format) {
      const copy = known(arm);
      if (!(await openEphemeral(deps, copy))) return null;
      return endpointCaller({ runtime: deps.aws.runtime, endpoint: copy.name, format });
    },
    async close(arm) {
      await closeEphemeral(deps, known(arm));
    },
  };
}

/** Takes away what is left of copies at the end of a rollout: after a crash, or when it ended while one was asked. */
export async function removeCopies(deps: ActivityDeps, context: NamedContext): Promise<void> {
  if (!context.spec.guards.some(({ kind }) => kind === 'attribution')) return;
  const arms = [...context.spec.candidates.map(({ name }) => name), context.incumbent?.variant ?? ''];
  for (const arm of arms) {
    const copy = copyOf(context, arm);
    if (copy !== null) await removeEphemeral(deps, copy);
  }
}
