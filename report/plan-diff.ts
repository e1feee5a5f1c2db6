import type { Candidate, ContainerSpec, RolloutSpec } from '../spec/types';
import type { LiveFacts, PlanInput } from './plan-input';
import type { PlannedChange } from './plan-view';
import { percent, plural } from './words';

/** What the rollout makes, changes, keeps and deletes on the endpoint. */
export function changesOf({ spec, live, names }: PlanInput): readonly PlannedChange[] {
  const [first] = spec.candidates;
  const models = spec.candidates.map((candidate) =>
    now('creates', `model ${names.models[candidate.name] ?? candidate.name}: ${modelText(candidate)}`)
  );
  const capture = `capture of ${percent(spec.capture.samplingPct)} to ${spec.capture.to}`;
  if (live !== null && live.endpoint === null)
    return [
      now('creates', `endpoint ${spec.endpoint} with variant ${first.name}: ${fleetText(first.instance)}`),
      ...models.slice(0, 1),
      now('creates', capture),
      ...tagsOf(spec),
    ];
  return [
    ...models,
    ...(isReplaced(spec)
      ? [
          now(
            'changes',
            `the variant’s fleet, under the name that it has: to ${fleetText(first.instance)} of ${first.name}`
          ),
        ]
      : spec.candidates.map(({ name, instance }) => now('creates', `variant ${name}: ${fleetText(instance)}`))),
    ...spec.candidates.flatMap(({ name, autoscaling }) =>
      autoscaling === undefined
        ? []
        : [now('creates', `scalable target of ${name}: ${autoscaling.min}–${plural(autoscaling.max, 'instance')}`)]
    ),
    ...(live === null ? [] : ofLive(spec, live)),
    ...tagsOf(spec),
  ];
}

function ofLive(spec: RolloutSpec, live: LiveFacts): readonly PlannedChange[] {
  const { endpoint, models, capture, scaling } = live;
  const variants = endpoint?.variants ?? [];
  const { to, samplingPct } = spec.capture;
  const same = capture?.to === to && capture.samplingPct === samplingPct;
  const before = capture === null ? 'none' : `${percent(capture.samplingPct)} to ${capture.to}`;
  return [
    ...variants.map(({ name, instanceType, instanceCount }) => {
      const model = models[name];
      const text = model === undefined ? '' : ` (${imageText(model.image, model.artifact)})`;
      return now('keeps', `variant ${name}${text}: ${fleetText({ type: instanceType, count: instanceCount })}`);
    }),
    same
      ? now('keeps', `capture of ${before}`)
      : now('changes', `capture: ${before} → ${percent(samplingPct)} to ${to}, for every variant`),
    ...(scaling ?? []).map(({ variant, min, max }) =>
      now('keeps', `scalable target of ${variant}: ${min}–${plural(max, 'instance')}`)
    ),
    ...(isReplaced(spec) ? [] : variants).map(({ name }): PlannedChange => ({
      change: 'deletes',
      when: 'at the end',
      what: `variant ${name}, its instances and ${endpoint?.configName ?? 'its config'} (unless others made that), if promoted; its model stays for a way back by hand`,
    })),
  ];
}

/** Whether SageMaker's own deployment is the whole way: the variant keeps its name, and nothing stands beside it. */
function isReplaced({ stages }: RolloutSpec): boolean {
  return stages.every(
    (stage) => stage.kind === 'approval' || (stage.kind === 'blueGreen' && stage.engine === 'guardrails')
  );
}

function tagsOf({ aws, endpoint }: RolloutSpec): readonly PlannedChange[] {
  const own = Object.entries(aws.tags).map(([key, value]) => `${key}=${value}`);
  return [now('creates', `tags on all that it makes: ${[`sluice:endpoint=${endpoint}`, ...own].join(', ')}`)];
}

function modelText({ model }: Candidate): string {
  const containerText = ({ image, artifact }: ContainerSpec): string => imageText(image, artifact ?? null);
  switch (model.kind) {
    case 'container':
      return containerText(model.container);
    case 'pipeline':
      return model.containers.map(containerText).join(' → ');
    case 'multiModel':
      return imageText(model.container.image, model.container.artifacts);
    case 'package':
      return `package ${model.package}`;
  }
}

function imageText(image: string, artifact: string | null): string {
  return artifact === null ? image : `${image}, ${artifact}`;
}

function fleetText({ type, count }: { readonly type: string; readonly count: number }): string {
  return `${count} × ${type}`;
}

const now = (change: PlannedChange['change'], what: string): PlannedChange => ({ change, when: 'now', what });
