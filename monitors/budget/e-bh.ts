/**
 * e-BH (Wang and Ramdas, "False discovery rate control with e-values", JRSS B 2022): of K e-values, rejects the k largest for the
 * largest k with k·e₍k₎ ≥ K/alpha. The false discovery rate is at most alpha under any dependence; while nothing has changed,
 * that is the probability of any alarm.
 * @param logEs natural logs of e-values. @returns which are rejected, in the same order.
 */
export function rejectByEBh(logEs: readonly number[], alpha: number): readonly boolean[] {
  const needed = Math.log(logEs.length / alpha);
  const descending = [...logEs].sort((a, b) => b - a);
  let cut = Infinity;
  descending.forEach((logE, i) => {
    if (logE + Math.log(i + 1) >= needed) cut = logE;
  });
  return logEs.map((logE) => logE >= cut);
}
