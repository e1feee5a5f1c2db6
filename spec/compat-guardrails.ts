import type { StagePlace } from './compat-words';
import { refusal } from './compat-words';
import { formatDuration } from './duration';
import { canJudgeAlone } from './judge-alone';
import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { formatShare } from './share';
import { decides } from './stage-time';
import type { BlueGreenByGuardrails, RolloutSpec } from './types';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** WaitIntervalInSeconds and TerminationWaitInSeconds: 0..3600. */
const LONGEST_WAIT_MS = HOUR_MS;
/** MaximumExecutionTimeoutInSeconds: 600..28800. */
const MAXIMUM_MS = { least: 10 * MINUTE_MS, most: 8 * HOUR_MS };
/** AutoRollbackConfiguration takes 10 alarms, of which Sluice makes up to 4: errors of both kinds, latency, and the one that aborts. */
const MAX_ALARMS = 6;
/** Sizes in percent of the fleet: CanarySize, LinearStepSize, MaximumBatchSize. */
const SIZES = { canary: { least: 1, most: 50 }, linear: { least: 10, most: 50 }, rolling: { least: 5, most: 50 } };
/** Both fleets have the same variant name, so only what CloudWatch tells by `EndpointConfigName` tells them apart. */
const JUDGED_BY_CONFIG: readonly string[] = ['errors', 'latency', 'alarm'];

/** What SageMaker's deployment guardrails refuse (API model of 2017-07-24, shape DeploymentConfig), or cannot tell apart. */
export function guardrailIncompatibilities(
  spec: RolloutSpec,
  stage: BlueGreenByGuardrails,
  place: StagePlace
): readonly Incompatibility[] {
  const { path } = place;
  return [
    ...ofSize(spec, stage, path),
    ...ofWait(stage.shift.waitMs, [...path, 'wait']),
    ...ofWait(stage.terminationWaitMs, [...path, 'terminationWait']),
    ...ofTermination(stage, path),
    ...ofMaximum(stage, path),
    ...ofAlarms(stage, path),
    ...ofGuards(spec, place),
    ...ofComparison(spec, stage, place),
    ...ofCounts(spec, place),
  ];
}

function ofSize({ candidates }: RolloutSpec, { shift }: BlueGreenByGuardrails, path: Path): readonly Incompatibility[] {
  if (shift.kind === 'allAtOnce') return [];
  const { least, most } = SIZES[shift.kind];
  const pct = sizeOf(shift);
  const at = [...path, 'shift', shift.kind];
  const found = formatShare(pct);
  if (pct < least || pct > most || !Number.isInteger(pct)) {
    const nearest = formatShare(Math.min(most, Math.max(least, Math.round(pct))));
    return [
      refusal({
        path: at,
        found,
        allowed: `a whole percentage from ${least}% to ${most}%`,
        nearest,
        message: `\`${formatPath(at)}\` is ${found}; SageMaker takes whole percents from ${least}% to ${most}%.`,
        remedy: `Write \`${shift.kind}: ${nearest}\`, or \`engine: weights\`, which takes any share.`,
        restsOn: [[...path, 'shift']],
      }),
    ];
  }
  const { count } = candidates[0].instance;
  if ((pct * count) / 100 >= 1) return [];
  const smallest = Math.ceil(100 / count);
  const isPossible = smallest <= most;
  return [
    refusal({
      path: at,
      found,
      allowed: isPossible ? `at least ${smallest}% of ${count} instances` : 'allAtOnce with one instance',
      ...(isPossible ? { nearest: formatShare(smallest) } : {}),
      message: `\`${formatPath(at)}\` is ${found} of ${count} ${count === 1 ? 'instance' : 'instances'}, less than one; SageMaker shifts whole instances.`,
      remedy: isPossible
        ? `Write \`${shift.kind}: ${formatShare(smallest)}\` or more, raise \`instance.count\`, or write \`engine: weights\`.`
        : 'Write `shift: allAtOnce`, raise `instance.count`, or write `engine: weights`.',
      restsOn: [['candidates', 0, 'instance', 'count']],
    }),
  ];
}

function sizeOf(shift: Exclude<BlueGreenByGuardrails['shift'], { kind: 'allAtOnce' }>): number {
  switch (shift.kind) {
    case 'canary':
      return shift.sizePct;
    case 'linear':
      return shift.stepPct;
    case 'rolling':
      return shift.batchPct;
  }
}

function ofWait(waitMs: number, path: Path): readonly Incompatibility[] {
  const isWhole = waitMs % 1000 === 0;
  if (waitMs <= LONGEST_WAIT_MS && isWhole) return [];
  const nearest = formatDuration(Math.min(LONGEST_WAIT_MS, Math.ceil(waitMs / 1000) * 1000));
  return [
    refusal({
      path,
      found: formatDuration(waitMs),
      allowed: 'whole seconds from 0s to 1h',
      nearest,
      message: `\`${formatPath(path)}\` is ${formatDuration(waitMs)}; SageMaker waits whole seconds, at most 1h.`,
      remedy: `Write \`${String(path.at(-1))}: ${nearest}\`, or \`engine: weights\`, which waits as long as you like.`,
    }),
  ];
}

function ofTermination(stage: BlueGreenByGuardrails, path: Path): readonly Incompatibility[] {
  if (stage.shift.kind !== 'rolling' || stage.terminationWaitMs === 0) return [];
  const at = [...path, 'terminationWait'];
  return [
    refusal({
      path: at,
      found: formatDuration(stage.terminationWaitMs),
      allowed: '0s with rolling',
      nearest: '0s',
      message: `\`${formatPath(at)}\` is ${formatDuration(stage.terminationWaitMs)}, but a rolling shift removes the old instances batch by batch.`,
      remedy: 'Remove it, or write `shift: { linear: 25% }`.',
      restsOn: [[...path, 'shift', 'rolling']],
    }),
  ];
}

function ofMaximum(stage: BlueGreenByGuardrails, path: Path): readonly Incompatibility[] {
  const at = [...path, 'maximum'];
  const { maximumMs } = stage;
  const found = formatDuration(maximumMs);
  const name = `\`${formatPath(at)}\``;
  if (maximumMs < MAXIMUM_MS.least || maximumMs > MAXIMUM_MS.most) {
    const nearest = formatDuration(Math.min(MAXIMUM_MS.most, Math.max(MAXIMUM_MS.least, maximumMs)));
    return [
      refusal({
        path: at,
        found,
        allowed: '10m to 8h',
        nearest,
        message: `${name} is ${found}; SageMaker gives up after 10m to 8h.`,
        remedy: `Write \`maximum: ${nearest}\`, or \`engine: weights\`, which takes as long as you like.`,
      }),
    ];
  }
  const { bakes, waitsMs } = waitsOf(stage);
  if (maximumMs > waitsMs) return [];
  const least = formatDuration(Math.ceil((waitsMs + 1) / (10 * MINUTE_MS)) * 10 * MINUTE_MS);
  const isPossible = waitsMs < MAXIMUM_MS.most;
  return [
    refusal({
      path: at,
      found,
      allowed: `more than ${formatDuration(waitsMs)}, the sum of the waits`,
      message: `${name} is ${found}, but the waits alone are ${formatDuration(waitsMs)}: ${bakes} × \`wait\` and \`terminationWait\`.`,
      remedy: isPossible
        ? `Write \`maximum: ${least}\`, shorter waits, or fewer steps.`
        : 'Write shorter waits, fewer steps, or `engine: weights`.',
      restsOn: [
        [...path, 'wait'],
        [...path, 'terminationWait'],
        [...path, 'shift'],
      ],
    }),
  ];
}

/** Every step has its bake, the last one too. */
function waitsOf({ shift, terminationWaitMs }: BlueGreenByGuardrails): {
  readonly bakes: number;
  readonly waitsMs: number;
} {
  const bakes =
    shift.kind === 'allAtOnce' ? 1 : shift.kind === 'canary' ? 2 : Math.ceil(100 / Math.max(1, sizeOf(shift)));
  return { bakes, waitsMs: bakes * shift.waitMs + terminationWaitMs };
}

function ofAlarms({ alarms }: BlueGreenByGuardrails, path: Path): readonly Incompatibility[] {
  const at = [...path, 'alarms'];
  const twice = alarms.flatMap((name, index) =>
    alarms.indexOf(name) === index
      ? []
      : [
          refusal({
            path: [...at, index],
            found: name,
            allowed: 'each alarm once',
            message: `\`${formatPath([...at, index])}\` is ${name} again.`,
            remedy: 'Remove it.',
            restsOn: [[...at, alarms.indexOf(name)]],
          }),
        ]
  );
  if (alarms.length <= MAX_ALARMS) return twice;
  return [
    ...twice,
    refusal({
      path: at,
      found: `${alarms.length} alarms`,
      allowed: `at most ${MAX_ALARMS}`,
      message: `\`${formatPath(at)}\` has ${alarms.length} entries; SageMaker takes 10, some of them ours, so ${MAX_ALARMS} of yours.`,
      remedy: 'Join some into a composite alarm.',
    }),
  ];
}

function ofGuards({ guards, stages }: RolloutSpec, { index }: StagePlace): readonly Incompatibility[] {
  if (stages.slice(0, index).some(decides)) return [];
  return guards.flatMap((guard, at) => {
    if (!guard.required || JUDGED_BY_CONFIG.includes(guard.kind)) return [];
    return [
      refusal({
        path: ['guards', at, 'kind'],
        found: guard.kind,
        allowed: 'errors, latency or alarm, where blueGreen by guardrails is all that decides',
        message: `The \`${guard.kind}\` guard cannot tell the two fleets of \`stages[${index}]\` apart: they have the same variant name.`,
        remedy: 'Write `engine: weights`, put a stage that decides before it, or set `required: false` on the guard.',
        restsOn: [['groundTruth'], ['stages', index, 'blueGreen', 'engine']],
      }),
    ];
  });
}

/** All at once leaves no moment in which both fleets serve, so a guard needs a limit of its own. */
function ofComparison(
  { guards, stages }: RolloutSpec,
  { shift }: BlueGreenByGuardrails,
  { index, path }: StagePlace
): readonly Incompatibility[] {
  if (shift.kind !== 'allAtOnce' || stages.slice(0, index).some(decides)) return [];
  return guards.flatMap((guard, at) => {
    if (!guard.required || !JUDGED_BY_CONFIG.includes(guard.kind) || canJudgeAlone(guard)) return [];
    return [
      refusal({
        path: ['guards', at, 'slo'],
        about: 'key',
        found: 'no slo',
        allowed: 'an `slo`, where all traffic shifts at once',
        message: `The \`${guard.kind}\` guard has nothing to compare with in \`stages[${index}]\`: all traffic shifts at once.`,
        remedy: 'Give it an `slo`, write `shift: { canary: 25% }`, or put a stage that decides before it.',
        restsOn: [
          ['guards', at, 'kind'],
          [...path, 'shift'],
        ],
      }),
    ];
  });
}

/** A gateway sees the variant's name in the answer, and that is the same for both fleets. */
function ofCounts({ counts }: RolloutSpec, { index, path }: StagePlace): readonly Incompatibility[] {
  if (counts.from === 'cloudwatch') return [];
  return [
    refusal({
      path: ['counts', 'from'],
      found: counts.uri,
      allowed: 'cloudwatch with blueGreen by guardrails',
      nearest: 'cloudwatch',
      message: `\`counts\` come from a gateway, which cannot tell the two fleets of \`stages[${index}]\` apart: they have the same variant name.`,
      remedy: 'Write `counts: cloudwatch`, or `engine: weights` in the stage.',
      restsOn: [[...path, 'engine']],
    }),
  ];
}
