import { distinctEvents } from '../../gateway/event-format';
import type { BusinessEvent } from '../../gateway/event-format';
import type { Exposure } from '../../gateway/exposure-format';
import { parseJsonLines } from '../../gateway/json-lines';
import { isFraction, isObject, isText } from '../../gateway/shape';
import { scaledReward } from '../../guards/bandits';
import { EVENT_LAG_MS } from '../../spec/ripening';
import type { RewardOf } from './log';

/** A reward by hand: a line of JSON for each call whose outcome is known. */
export interface KnownReward {
  readonly inferenceId: string;
  /** 0 to 1. */
  readonly reward: number;
}

/** @throws on a line that is no reward */
export function parseRewards(text: string): readonly KnownReward[] {
  return parseJsonLines(text, { what: 'a reward: {"inferenceId": …, "reward": 0 to 1}', isValid: isReward });
}

function isReward(value: unknown): value is KnownReward {
  return isObject(value) && isText(value.inferenceId) && isFraction(value.reward);
}

/** Calls without a line are unknown, and count for nothing. Of several lines the last one holds. */
export function rewardsByHand(rewards: readonly KnownReward[]): RewardOf {
  const known = new Map(rewards.map(({ inferenceId, reward }) => [inferenceId, reward]));
  return ({ inferenceId }) => known.get(inferenceId);
}

/**
 * Whether the event followed the call within its window, or what its events carried, scaled from their bounds to 0 … 1. A call whose window is not
 * over at `untilMs` is not known yet, so that arms whose events come later are not wronged.
 */
export function rewardsByEvent(
  events: readonly BusinessEvent[],
  of: {
    readonly windowMs: number;
    readonly untilMs: number;
    /** Bounds of what events carry; absent: an event is worth one. */
    readonly value?: readonly [low: number, high: number];
  }
): RewardOf {
  const { windowMs, untilMs, value } = of;
  const byCall = new Map<string, BusinessEvent[]>();
  for (const event of distinctEvents(events)) {
    if (event.inferenceId === undefined) continue;
    byCall.set(event.inferenceId, [...(byCall.get(event.inferenceId) ?? []), event]);
  }
  return ({ inferenceId, at }: Exposure) => {
    const atMs = Date.parse(at);
    if (atMs + windowMs + EVENT_LAG_MS > untilMs) return undefined;
    const followed = (byCall.get(inferenceId) ?? []).filter((event) => {
      const [happenedMs, receivedMs] = [Date.parse(event.at), Date.parse(event.receivedAt)];
      return happenedMs >= atMs && happenedMs <= atMs + windowMs && receivedMs <= atMs + windowMs + EVENT_LAG_MS;
    });
    if (value === undefined) return followed.length > 0 ? 1 : 0;
    return scaledReward(
      value,
      followed.reduce((sum, event) => sum + event.value, 0)
    );
  };
}
