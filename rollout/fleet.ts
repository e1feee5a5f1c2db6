import type { RolloutSpec } from '../spec/types';
import type { Incumbent, Layout, PhaseKind } from './types';

/** Instances of one variant. */
export interface Fleet {
  readonly variant: string;
  readonly type: string;
  readonly count: number;
}

/** Instances that a candidate has before it gets a share: that share of the live fleet, and never fewer than the file says. */
export function instancesNeeded(p: {
  readonly least: number;
  /** Instances of the incumbent. */
  readonly fleet: number;
  readonly sharePct: number;
}): number {
  return Math.max(p.least, Math.ceil((p.fleet * p.sharePct) / 100 - 1e-9));
}

/** The variants that a layout stands for, with the instances that they need at least. Autoscaling may add to them. */
export function fleetsOf(
  { candidates }: Pick<RolloutSpec, 'candidates'>,
  incumbent: Incumbent | null,
  layout: Pick<Layout, 'kind' | 'sharesPct'>
): readonly Fleet[] {
  const own: readonly Fleet[] =
    incumbent === null
      ? []
      : [{ variant: incumbent.variant, type: incumbent.instanceType, count: incumbent.instanceCount }];
  const each = candidates.map(({ name, instance }) => ({
    variant: name,
    type: instance.type,
    count: instancesNeeded({
      least: instance.count,
      fleet: incumbent?.instanceCount ?? 0,
      sharePct: layout.sharesPct[name] ?? 0,
    }),
  }));
  switch (layout.kind) {
    case 'single':
      // Without a share of its own it is the incumbent that serves alone.
      return each.some(({ variant }) => layout.sharesPct[variant] === 100)
        ? each.filter(({ variant }) => layout.sharesPct[variant] === 100)
        : own;
    case 'sliced':
      return [...own, ...own];
    case 'shadowed':
      return [...own, ...each.slice(0, 1)];
    case 'split':
      return [...own, ...each];
  }
}

/** What is up in a phase: while SageMaker's own deployment is under way, both fleets are. */
export function fleetsWhile(
  spec: Pick<RolloutSpec, 'candidates'>,
  incumbent: Incumbent | null,
  at: { readonly phase: PhaseKind; readonly layout: Pick<Layout, 'kind' | 'sharesPct'> }
): readonly Fleet[] {
  if (at.phase !== 'guarded') return fleetsOf(spec, incumbent, at.layout);
  const [{ name }] = spec.candidates;
  return fleetsOf(spec, incumbent, { kind: 'split', sharesPct: { [name]: 100 } });
}
