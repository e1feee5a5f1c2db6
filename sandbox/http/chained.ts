import type { Interceptor } from './server';

/** Several interceptors as one: the first to answer before a call wins, and each may change the answer after it, last ones first. */
export function chained(interceptors: readonly Interceptor[]): Interceptor {
  const backwards = [...interceptors].reverse();
  return {
    get isIdle() {
      return interceptors.every(({ isIdle }) => isIdle);
    },
    before: async (call) => {
      for (const interceptor of interceptors) {
        const instead = interceptor.isIdle ? undefined : await interceptor.before(call);
        if (instead) return instead;
      }
      return undefined;
    },
    after: async (call) => {
      let { answer } = call;
      for (const interceptor of backwards) {
        if (interceptor.isIdle) continue;
        const next = await interceptor.after({ ...call, answer });
        if (next === 'drop') return 'drop';
        answer = next;
      }
      return answer;
    },
  };
}
