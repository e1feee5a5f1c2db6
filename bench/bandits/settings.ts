import type { World } from './world';

/** Three hours at ten requests a second, as the prototype's tables. */
export const REQUESTS = 108_000;
const MINUTE = 600;

export const worlds: readonly World[] = [
  { name: '5, 5, 6 %', requests: REQUESTS, phases: [[0.05, 0.05, 0.06]] },
  { name: '10, 10, 12, 14 %', requests: REQUESTS, phases: [[0.1, 0.1, 0.12, 0.14]] },
];

export const changing: World = {
  name: '5, 6, 5 % and then 5, 4, 7 %',
  requests: REQUESTS,
  phases: [
    [0.05, 0.06, 0.05],
    [0.05, 0.04, 0.07],
  ],
};

const minutes = (...values: readonly number[]): readonly number[] => values.map((value) => value * MINUTE);

/** One weight update every five minutes from the first on. */
export const everyFive = minutes(5);
/** Updates come more often while little is known: no batch is longer than about a third of the time before it. */
export const growing = minutes(1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5);
/** With rewards 30 minutes late: five-minute batches, smaller ones for what is learnt from first. */
export const growingLate = [...growing.slice(0, -1), ...minutes(5, 5), ...growing];

export const HALF_HOUR = 30 * MINUTE;
export const SEED = 20_260_101;
