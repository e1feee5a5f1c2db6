import type { Path } from './problem';

/** By place, then by word. List positions in the place are written `*`. */
type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Keys and kinds of the rollout file that a later version will know. They are told apart from typing errors, each with what to
 * do instead today.
 */
const NOT_YET: Table = {
  schema: {
    request: 'Remove it; only `prediction` and `user` are read.',
    text: 'Remove it; only `prediction` and `user` are read.',
  },
  'guards.*': {
    unit: 'Remove it; every request counts once.',
    then: 'Remove it; a guard that fails rolls back.',
  },
};

/** Keys that other tools have, or that stand elsewhere in this file, with how the same is said here. */
const ELSEWHERE: Table = {
  '': { engine: 'Remove it; a stage that has a choice of engines names its own.' },
  'stages.*': { promote: 'Remove it; promotion is the implicit last step.' },
  'stages.*.canary': {
    by: 'Remove it, or use an `abTest`, whose users stay with one variant.',
    engine: 'Remove it, or use `blueGreen: { engine: guardrails, shift: { canary: 25% } }`.',
    routing: 'Move it to the top of the file.',
    groups: 'Write `target`.',
  },
  'stages.*.canary.until': { pairs: 'Use `decided: true` or `requests`; only a `shadow` stage has pairs.' },
  'stages.*.linear': {
    until: 'Remove it; the last step waits for the decision, at most `decideWithin`.',
    engine: 'Remove it, or use `blueGreen: { engine: guardrails, shift: { linear: 25% } }`.',
  },
  'stages.*.abTest': { goal: 'Remove it, and add a guard `- { kind: goal, event: … }`.' },
  'stages.*.shadow': { share: 'Write `sample`.' },
};

/** What to do today instead of this key or kind; undefined when no planned version knows it. */
export function notYet(path: Path, word: string): string | undefined {
  return lookUp(NOT_YET, path, word);
}

/** How this file says what the key says elsewhere; undefined when it is no such key. */
export function elsewhere(path: Path, word: string): string | undefined {
  return lookUp(ELSEWHERE, path, word);
}

function lookUp(table: Table, path: Path, word: string): string | undefined {
  const place = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
  const words = Object.hasOwn(table, place) ? table[place] : undefined;
  return words && Object.hasOwn(words, word) ? words[word] : undefined;
}
