import type { Fleet } from '../fleet/fleet';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { Knobs } from '../knobs/knobs';
import type { RandomStream } from '../engine/random';

/** A fleet with the probability that a request goes to it. Shares add up to 1. */
export interface FleetShare {
  readonly fleet: Fleet;
  readonly share: number;
}

/** Which variant gets the next request: first a fleet by its share, then a variant of it by weight. Swapped whole, so that no request falls between two states. */
export class Serving {
  #shares: readonly FleetShare[] = [];

  constructor(
    private readonly random: RandomStream,
    private readonly knobs: Pick<Knobs, 'shadowTarget'>
  ) {}

  get shares(): readonly FleetShare[] {
    return this.#shares;
  }

  set(shares: readonly FleetShare[]): void {
    this.#shares = shares;
  }

  /** `undefined` when the target does not exist or no variant has a weight. */
  route(targetVariant: string | undefined): VariantFleet | undefined {
    const fleet = this.#fleet();
    if (!fleet) return undefined;
    if (targetVariant !== undefined)
      return this.knobs.shadowTarget === 'served' ? fleet.variant(targetVariant) : fleet.variants.get(targetVariant);
    return this.#byWeight([...fleet.variants.values()]);
  }

  #fleet(): Fleet | undefined {
    const [first] = this.#shares;
    if (this.#shares.length <= 1) return first?.fleet;
    let left = this.random();
    for (const { fleet, share } of this.#shares) {
      left -= share;
      if (left < 0) return fleet;
    }
    return this.#shares.at(-1)?.fleet;
  }

  #byWeight(variants: readonly VariantFleet[]): VariantFleet | undefined {
    const total = variants.reduce((sum, variant) => sum + variant.weight, 0);
    if (total <= 0) return undefined;
    if (variants.length === 1) return variants[0];
    let left = this.random() * total;
    let last: VariantFleet | undefined;
    for (const variant of variants) {
      if (variant.weight <= 0) continue;
      last = variant;
      left -= variant.weight;
      if (left < 0) return variant;
    }
    return last;
  }
}
