import type { Path } from './problem';

/**
 * Keys and kinds of the rollout file that a later version will know. They are told apart from typing errors, each with what to
 * do instead today. List positions in the path are written `*`.
 */
const NOT_YET: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    events: 'Remove it; business outcomes are not judged yet.',
    watch: 'Remove it; the rollout ends with the promotion.',
    onNewer: 'Remove it; a second rollout on the same endpoint is refused while one runs.',
    batch: 'Remove it; schedule batch transform elsewhere.',
    monitors: 'Remove it; monitor elsewhere.',
    routing: 'Remove it; traffic is split by variant weights.',
    engine: 'Remove it; traffic is moved by variant weights.',
  },
  schema: {
    request: 'Remove it; only `prediction` is read.',
    text: 'Remove it; only `prediction` is read.',
    facets: 'Remove it; only `prediction` is read.',
    user: 'Remove it; only `prediction` is read.',
  },
  'candidates.*': {
    containers: 'Use one `container`; inference pipelines cannot be rolled out yet.',
    autoscaling: 'Remove it, and set `instance.count` for the live load.',
  },
  baseline: {
    dataset: "Remove it; the baseline is the incumbent's own live rates.",
    label: "Remove it; the baseline is the incumbent's own live rates.",
    problem: "Remove it; the baseline is the incumbent's own live rates.",
  },
  'guards.*': {
    unit: 'Remove it; every request counts once.',
    then: 'Remove it; a guard that fails rolls back.',
  },
  'guards.*.kind': {
    latency: 'Remove this guard; latency is not judged yet.',
    outputDrift: 'Remove this guard; use `quality` with `groundTruth`.',
    inputDrift: 'Remove this guard; drift is not judged yet.',
    bias: 'Remove this guard; bias is not judged yet.',
    attribution: 'Remove this guard; attribution is not judged yet.',
    business: 'Remove this guard; business outcomes are not judged yet.',
    alarm: 'Remove this guard, or use `errors`.',
  },
  'stages.*': {
    shadow: 'Use a `canary` with a small share.',
    linear: 'Use several `canary` stages with rising shares.',
    blueGreen: 'Use a `canary` stage.',
    abTest: 'Use a `canary` with `share: 50%` and `until: { decided: true, atMost: 14d }`.',
    bandit: 'Use a `canary` stage with one candidate.',
    calibrate: 'Remove it; fleet noise is not measured yet.',
    promote: 'Remove it; promotion is the implicit last step.',
  },
  'stages.*.canary': {
    by: 'Remove it; requests are split by weight.',
    target: 'Remove it; requests are split by weight.',
    engine: 'Remove it; traffic is moved by variant weights.',
    routing: 'Remove it; traffic is split by variant weights.',
  },
  'stages.*.canary.until': { pairs: 'Use `decided: true` or `requests`.' },
  'stages.*.approval': { identity: 'Remove it; who approves is taken as typed.' },
};

/** What to do today instead of this key or kind; undefined when no planned version knows it. */
export function notYet(path: Path, word: string): string | undefined {
  const place = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
  const words = Object.hasOwn(NOT_YET, place) ? NOT_YET[place] : undefined;
  return words && Object.hasOwn(words, word) ? words[word] : undefined;
}
