import { parseDuration } from './duration';
import { given } from './given';
import type { RolloutFile } from './schema';
import { formatShare, parseShare } from './share';
import { BY_GUARDRAILS, BY_WEIGHTS } from './stage-blue-green-schema';
import { rampOf } from './stage-canary-schema';
import type {
  ApproverIdentity,
  BanditStage,
  BlueGreenStage,
  GuardrailShift,
  HoldUntil,
  LinearStage,
  OnInconclusive,
  Stage,
} from './types';

type FileStage = RolloutFile['stages'][number];
type Of<K extends keyof FileStage> = NonNullable<FileStage[K]>;

/** A stage of the file in the words of the program, with the defaults that depend on other places of the file. */
export function toStage(stage: FileStage, file: RolloutFile): Stage {
  const settled = (one: { readonly onInconclusive?: OnInconclusive | undefined }): OnInconclusive =>
    one.onInconclusive ?? file.onInconclusive;
  const { canary, linear, blueGreen, shadow, abTest, bandit, calibrate, approval } = stage;
  if (canary !== undefined) {
    const { share, target, until } = canary;
    return { kind: 'canary', sharePct: share, groups: target, until: toUntil(until), onInconclusive: settled(canary) };
  }
  if (linear !== undefined) return { ...toLinear(linear), onInconclusive: settled(linear) };
  if (blueGreen !== undefined) return toBlueGreen(blueGreen, settled(blueGreen));
  if (shadow !== undefined) {
    const { engine, sample, until } = shadow;
    const ends = { pairs: until.pairs, atMostMs: until.atMost };
    return { kind: 'shadow', engine, samplePct: sample, until: ends, onInconclusive: settled(shadow) };
  }
  if (abTest !== undefined) {
    const { share = equalShare(file.candidates.length), by, until } = abTest;
    const unit = by ?? (file.routing === 'weights' ? 'request' : 'user');
    return { kind: 'abTest', sharePct: share, by: unit, atMostMs: until.atMost, onInconclusive: settled(abTest) };
  }
  if (bandit !== undefined) return toBandit(bandit, settled(bandit));
  if (calibrate !== undefined) return { kind: 'calibrate', ticks: calibrate.ticks, atMostMs: calibrate.atMost };
  if (approval !== undefined) {
    const { approvers, need, within, otherwise, identity } = approval;
    return { kind: 'approval', approvers, need, withinMs: within, otherwise, identity: toIdentity(identity) };
  }
  throw new TypeError('a checked stage has one of its kinds');
}

function toUntil({ requests, atMost }: Of<'canary'>['until']): HoldUntil {
  if (requests !== undefined) return { kind: 'requests', requests, atMostMs: atMost };
  return { kind: 'decided', atMostMs: atMost };
}

function toLinear({
  shares,
  from,
  to,
  step,
  bake,
  decideWithin,
  harmBudget,
}: Of<'linear'>): Omit<LinearStage, 'onInconclusive'> {
  const [first, ...rest] = shares ?? rampOf({ from, to, step });
  if (first === undefined) throw new TypeError('a checked ramp has a step');
  return {
    kind: 'linear',
    sharesPct: [first, ...rest],
    bakeMs: bake,
    decideWithinMs: decideWithin,
    extraFailures: harmBudget?.extraFailures ?? null,
  };
}

function toBlueGreen(stage: Of<'blueGreen'>, onInconclusive: OnInconclusive): BlueGreenStage {
  if (stage.engine === 'weights') {
    const { warmUp = BY_WEIGHTS.warmUp, holdback = sharePct(BY_WEIGHTS.holdback), until } = stage;
    const ends: HoldUntil =
      until === undefined ? { kind: 'decided', atMostMs: durationMs(BY_WEIGHTS.until.atMost) } : toUntil(until);
    return { kind: 'blueGreen', engine: 'weights', warmUp, holdbackPct: holdback, until: ends, onInconclusive };
  }
  const { shift = BY_GUARDRAILS.shift, wait = durationMs(BY_GUARDRAILS.wait), alarms = [] } = stage;
  const shifted = toShift(shift, wait);
  // A rolling update terminates the old instances batch by batch: none is left to be kept.
  const kept = shifted.kind === 'rolling' ? 0 : durationMs(BY_GUARDRAILS.terminationWait);
  return {
    kind: 'blueGreen',
    engine: 'guardrails',
    shift: shifted,
    terminationWaitMs: stage.terminationWait ?? kept,
    maximumMs: stage.maximum ?? durationMs(BY_GUARDRAILS.maximum),
    alarms,
    onInconclusive,
  };
}

function toShift(shift: NonNullable<Of<'blueGreen'>['shift']>, waitMs: number): GuardrailShift {
  if (shift === 'allAtOnce') return { kind: 'allAtOnce', waitMs };
  if (shift.canary !== undefined) return { kind: 'canary', sizePct: shift.canary, waitMs };
  if (shift.linear !== undefined) return { kind: 'linear', stepPct: shift.linear, waitMs };
  if (shift.rolling !== undefined) return { kind: 'rolling', batchPct: shift.rolling, waitMs };
  throw new TypeError('a checked shift has one of its kinds');
}

function toBandit(stage: Of<'bandit'>, onInconclusive: OnInconclusive): BanditStage {
  const { allocator, reward, interval, floor, deadBand, discount, segments, until } = stage;
  return {
    kind: 'bandit',
    allocator,
    reward:
      reward === 'quality'
        ? { kind: 'quality' }
        : { kind: 'event', event: reward.event, ...given('value', reward.value) },
    intervalMs: interval,
    floorPct: floor,
    deadBandPct: deadBand,
    discount,
    ...given('segments', segments),
    atMostMs: until.atMost,
    onInconclusive,
  };
}

function toIdentity(identity: Of<'approval'>['identity']): ApproverIdentity {
  return identity === 'asserted' ? { kind: 'asserted' } : { kind: 'token', ...identity.token };
}

/** Every candidate gets as much as the incumbent, as exactly as a file can write it. */
function equalShare(candidates: number): number {
  return sharePct(formatShare((100 * candidates) / (candidates + 1)));
}

function sharePct(written: string): number {
  return parseShare(written) ?? Number.NaN;
}

function durationMs(written: string): number {
  return parseDuration(written) ?? Number.NaN;
}
