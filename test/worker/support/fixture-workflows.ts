import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

const { greet } = proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: '10s' });

/** Asks an activity, and returns what it says. */
export async function greeting(name: string): Promise<string> {
  return greet(name);
}

export async function throwsPlainError(): Promise<never> {
  throw new Error('a bug');
}

export async function throwsApplicationFailure(): Promise<never> {
  throw ApplicationFailure.nonRetryable('a decision');
}

export const finish = defineSignal('finish');
export const answer = defineQuery<number>('answer');
export const increase = defineUpdate<number, [number]>('increase');

/** Open until `finish`; answers a query. */
export async function waits(): Promise<void> {
  let done = false;
  setHandler(finish, () => {
    done = true;
  });
  setHandler(answer, () => 42);
  await condition(() => done);
}

/** An update whose validator is asynchronous, which the types accept. */
export async function validatesLater(): Promise<void> {
  setHandler(increase, (by) => by + 1, {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the mistake itself is what is examined
    validator: async (by) => {
      if (by < 0) throw new Error('must not be negative');
    },
  });
  await condition(() => false);
}

/** The same rule, checked at once. */
export async function validatesNow(): Promise<void> {
  setHandler(increase, (by) => by + 1, {
    validator: (by) => {
      if (by < 0) throw new Error('must not be negative');
    },
  });
  await condition(() => false);
}
