import { DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import type { ProductionVariant, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { isNotFound } from '../sagemaker/faults';
import type { Candidate, InstanceChoice } from '../spec/types';
import type { NamedContext } from './types';

/** How many times there is something else to try, the first choice counted. */
export function attemptsFor(candidates: readonly Candidate[]): number {
  return 1 + Math.max(...candidates.map(({ instance }) => instance.alternatives?.length ?? 0));
}

/** What a candidate runs on at the n-th attempt, counted from 0; when it has nothing else to try, what it tried last. */
export function choiceAt({ instance }: Candidate, attempt: number): InstanceChoice {
  const alternatives = instance.alternatives ?? [];
  const { type, count } = (attempt === 0 ? undefined : (alternatives[attempt - 1] ?? alternatives.at(-1))) ?? instance;
  return { type, count };
}

/** Instances in words: `2 × ml.m5.large`. */
export function instancesText({ type, count }: InstanceChoice): string {
  return `${count} × ${type}`;
}

/** What a candidate was brought up with, read from the configs that this rollout made; the first choice while there is none. */
export async function chosenInstances(
  client: SageMakerClient,
  { names }: NamedContext,
  candidate: Candidate
): Promise<InstanceChoice> {
  const choices = Array.from({ length: attemptsFor([candidate]) }, (_, attempt) => choiceAt(candidate, attempt));
  const [first] = choices;
  if (first === undefined || choices.length === 1) return candidate.instance;
  for (const config of [names.split, names.shadowed, names.single[candidate.name] ?? '']) {
    const made = (await variantsOf(client, config)).find(({ VariantName }) => VariantName === candidate.name);
    if (made === undefined) continue;
    const ofType = choices.filter(({ type }) => type === made.InstanceType);
    return ofType.find(({ count }) => count === made.InitialInstanceCount) ?? ofType[0] ?? first;
  }
  return first;
}

async function variantsOf(client: SageMakerClient, EndpointConfigName: string): Promise<readonly ProductionVariant[]> {
  try {
    const config = await client.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
    return [...(config.ProductionVariants ?? []), ...(config.ShadowProductionVariants ?? [])];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
