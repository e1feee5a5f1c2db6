import { streamUniform } from './random';

/** A service with several models: success rates of equal-length phases. */
export interface World {
  readonly name: string;
  readonly requests: number;
  /** `phases[i][arm]`. */
  readonly phases: readonly (readonly number[])[];
}

/**
 * What every request would earn on every arm, drawn once a run: all policies meet the same requests, so that their
 * differences are their own.
 */
export interface RewardTable {
  readonly world: World;
  readonly seed: number;
  readonly run: number;
  /** 1 at `request × arms + arm` where that request would succeed on that arm. */
  readonly success: Uint8Array;
}

export const armsOf = (world: World): number => world.phases[0]?.length ?? 0;

/** Phase that request number `request` falls into. */
export function phaseAt({ phases, requests }: World, request: number): number {
  return Math.min(phases.length - 1, Math.floor((request * phases.length) / requests));
}

/** Expected successes that a request loses by going to an arm (pseudo-regret): `[phase][arm]`. */
export function lossesOf({ phases }: World): readonly (readonly number[])[] {
  return phases.map((rates) => rates.map((rate) => Math.max(...rates) - rate));
}

export function drawTable(world: World, seed: number, run: number): RewardTable {
  const arms = armsOf(world);
  const uniform = streamUniform(seed, run, 0);
  const success = new Uint8Array(world.requests * arms);
  for (let request = 0, cell = 0; request < world.requests; request++) {
    const rates = world.phases[phaseAt(world, request)] ?? [];
    for (let arm = 0; arm < arms; arm++, cell++) success[cell] = uniform() < (rates[arm] ?? 0) ? 1 : 0;
  }
  return { world, seed, run, success };
}
