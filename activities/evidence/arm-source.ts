import type { Layout } from '../../rollout';
import type { NamedContext } from '../types';

/** How SageMaker's metrics know the requests of one arm. */
export interface ArmSource {
  readonly variant: string;
  readonly configName: string;
}

/** By arm; one that is missing has a variant of its own name. */
export type ArmSources = Readonly<Record<string, ArmSource>>;

/**
 * Where the incumbent's own past is read. Where guardrails deploy, other models may have answered under its variant name, so only what its
 * present endpoint config answered is its own.
 */
export function incumbentSource({ spec, incumbent }: Pick<NamedContext, 'spec' | 'incumbent'>): ArmSources {
  if (incumbent === null) return {};
  const { variant, version, configName } = incumbent;
  const isShared =
    version !== variant || spec.stages.some((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails');
  return isShared ? { [variant]: { variant, configName } } : {};
}

/**
 * SageMaker's own deployment runs both fleets under the incumbent's variant name, so from then on arms differ by their endpoint config alone.
 * Its metrics with `EndpointConfigName` begin when a fleet takes traffic.
 */
export function armSources({ spec, names, incumbent }: NamedContext, layout: Layout): ArmSources {
  const last = spec.stages.at(-1);
  if (incumbent === null || layout.kind !== 'single' || last?.kind !== 'blueGreen' || last.engine !== 'guardrails')
    return {};
  const { variant, configName } = incumbent;
  const [{ name }] = spec.candidates;
  return { [variant]: { variant, configName }, [name]: { variant, configName: names.single[name] ?? '' } };
}
