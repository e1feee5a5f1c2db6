import { fleetsOf, fleetsWhile, livePct, rungsOf, topologyOf } from '../rollout';
import type { Fleet, Incumbent, Layout, Rehearsal, Rung, Span } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import { rungLabel } from './ladder';
import type { PlannedStep, Transition } from './plan-view';

/** The rehearsal in steps that people know: preparation, the rungs of the ladder, promotion, watch, clean-up. */
export function stepsOf(input: {
  readonly spec: RolloutSpec;
  readonly incumbent: Incumbent | null;
  readonly rehearsal: Rehearsal;
}): readonly PlannedStep[] {
  const { spec, incumbent, rehearsal } = input;
  const rungs = rungsOf(spec);
  const groups = grouped(rehearsal.spans);
  return groups.flatMap((spans) => {
    const [first] = spans;
    const last = spans.at(-1);
    if (first === undefined || last === undefined) return [];
    const longest = spans.reduce((a, b) => (b.toMs - b.fromMs >= a.toMs - a.fromMs ? b : a));
    const held = spans.find(({ phase }) => phase === 'baking' || phase === 'watching') ?? longest;
    const layout =
      held.phase === 'baking' || held.phase === 'watching' || held.phase === 'approving' ? held.layout : last.then;
    const rung = first.rung === null ? undefined : rungs[first.rung];
    const step: PlannedStep = {
      label: labelOf(first, rung, spec),
      stage: rung?.stage ?? null,
      sharePct: layout.kind === 'split' || layout.kind === 'single' ? livePct(layout) : 0,
      copyPct: layout.copyPct,
      fromMs: first.fromMs,
      expectedMs: last.toMs - first.fromMs,
      // SageMaker's own deployment ends when it is through, decided or not.
      isLate: first.rung !== null && rung?.kind !== 'guardrails' && rehearsal.late.includes(first.rung),
      atMostMs: atMostOf({ first, held, rung, spec }),
      instances: fleetsOf(spec, incumbent, layout).map(fleetWords).join(' + '),
      transition: transitionOf({ spec, incumbent, spans }),
    };
    return [step];
  });
}

/** Most instances that are up at once, fleet changes included: SageMaker starts the new fleet before it stops the old one. */
export function peakOf(spec: RolloutSpec, incumbent: Incumbent | null, { spans }: Rehearsal): number {
  return Math.max(0, ...spans.map((span) => sum(fleetsDuring(spec, incumbent, span))));
}

/** What is up during a span: both fleets while SageMaker changes them. */
export function fleetsDuring(spec: RolloutSpec, incumbent: Incumbent | null, span: Span): readonly Fleet[] {
  const before = fleetsWhile(spec, incumbent, span);
  if (incumbent === null) return span.phase === 'creating' ? fleetsOf(spec, null, span.then) : before;
  return span.layout.kind === span.then.kind ? before : [...before, ...fleetsOf(spec, incumbent, span.then)];
}

const TAIL: Readonly<Partial<Record<Span['phase'], string>>> = {
  reading: 'prepare',
  planning: 'prepare',
  creating: 'create endpoint',
  promoting: 'promote',
  watching: 'watch',
  finalising: 'rewrite endpoint',
  cleaning: 'rewrite endpoint',
};

function labelOf(span: Span, rung: Rung | undefined, { stages }: RolloutSpec): string {
  if (rung !== undefined) return rungLabel(rung, stages);
  if (span.phase === 'cleaning') return 'clean up';
  return TAIL[span.phase] ?? span.phase;
}

function grouped(spans: readonly Span[]): readonly (readonly Span[])[] {
  const groups: Span[][] = [];
  for (const span of spans) {
    const last = groups.at(-1)?.at(-1);
    const same =
      last !== undefined && last.rung === span.rung && (span.rung !== null || TAIL[last.phase] === TAIL[span.phase]);
    if (same) groups.at(-1)?.push(span);
    else groups.push([span]);
  }
  return groups;
}

function atMostOf(p: {
  readonly first: Span;
  readonly held: Span;
  readonly rung: Rung | undefined;
  readonly spec: RolloutSpec;
}): number | null {
  const { first, held, rung } = p;
  const { stages, watch } = p.spec;
  // A hold's time begins when its share is set, after the fleet and the weights have been changed for it.
  if (rung?.kind === 'hold') return rung.until.atMostMs + (held.phase === 'baking' ? held.fromMs - first.fromMs : 0);
  if (rung?.kind === 'calibrate') return rung.atMostMs;
  if (rung?.kind === 'approval') {
    const stage = stages[rung.stage];
    return stage?.kind === 'approval' ? stage.withinMs : null;
  }
  if (rung?.kind === 'guardrails') return rung.atMostMs;
  return first.phase === 'watching' ? (watch?.forMs ?? null) : null;
}

function transitionOf(p: {
  readonly spec: RolloutSpec;
  readonly incumbent: Incumbent | null;
  readonly spans: readonly Span[];
}): Transition | null {
  const { spec, incumbent, spans } = p;
  if (incumbent === null) return null;
  const guarded = spans.find(({ phase }) => phase === 'guarded');
  if (guarded !== undefined)
    return {
      topology: 'by SageMaker’s guardrails',
      peak: sum(fleetsDuring(spec, incumbent, guarded)),
      wayBack: 'SageMaker’s own rollback, by an alarm; afterwards UpdateEndpoint, minutes',
    };
  const change = spans.find(({ layout, then }) => layout.kind !== then.kind);
  if (change === undefined) return null;
  const name = (layout: Layout): string => topologyOf({ spec }, layout.kind);
  return {
    topology: `${name(change.layout)} → ${name(change.then)}`,
    peak: sum(fleetsDuring(spec, incumbent, change)),
    wayBack: `UpdateEndpoint to ${incumbent.configName}, minutes`,
  };
}

const fleetWords = ({ variant, count }: Fleet): string => `${count} × ${variant}`;

const sum = (fleets: readonly Fleet[]): number => fleets.reduce((total, { count }) => total + count, 0);
