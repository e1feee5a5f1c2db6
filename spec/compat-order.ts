import { refusal } from './compat-words';
import type { Incompatibility } from './problem';
import { decides } from './stage-time';
import type { RolloutSpec } from './types';

/** A config has ten production variants, one of them the incumbent. */
const MAX_CANDIDATES = 9;

/** The stages as a whole: what decides, and what chooses between several candidates. */
export function orderIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [
    ...neverDecided(spec),
    ...neverChosen(spec),
    ...tooMany(spec),
    ...withoutGoal(spec),
    ...advanceOfSeveral(spec),
  ];
}

function neverDecided({ stages }: RolloutSpec): readonly Incompatibility[] {
  if (stages.some(decides)) return [];
  const isCopied = stages.some(({ kind }) => kind === 'shadow');
  return [
    refusal({
      path: ['stages'],
      about: 'key',
      found: isCopied ? 'only shadow stages that decide' : 'no stage that waits for a decision',
      allowed:
        'at least one live stage that waits for a decision: a canary with `until: { decided: true }`, linear, blueGreen, abTest or bandit',
      message: isCopied
        ? 'No live stage waits for a decision of the guards: copies of requests alone do not show how the candidate serves.'
        : 'No stage waits for a decision of the guards, so nothing would stand behind a promotion.',
      remedy: isCopied
        ? 'Add `- canary: {}` after the shadow stage.'
        : 'Make the last canary `until: { decided: true, atMost: 2h }`.',
      restsOn: stages.map((stage, index) => ['stages', index, stage.kind, 'until']),
    }),
  ];
}

function neverChosen({ stages, candidates }: RolloutSpec): readonly Incompatibility[] {
  if (candidates.length === 1 || stages.some(({ kind }) => kind === 'abTest' || kind === 'bandit')) return [];
  return [
    refusal({
      path: ['candidates', 1],
      found: `${candidates.length} candidates`,
      allowed: 'one candidate, or several with an abTest or bandit',
      message: `The file has ${candidates.length} candidates, but no stage chooses between them.`,
      remedy:
        'Add `- abTest: {}` or `- bandit: {}`, or roll out one candidate after the other, each with its own file.',
      restsOn: [['stages']],
    }),
  ];
}

function tooMany({ candidates }: RolloutSpec): readonly Incompatibility[] {
  if (candidates.length <= MAX_CANDIDATES) return [];
  return [
    refusal({
      path: ['candidates', MAX_CANDIDATES],
      found: `${candidates.length} candidates`,
      allowed: `at most ${MAX_CANDIDATES} candidates`,
      message: `The file has ${candidates.length} candidates; an endpoint has room for ${MAX_CANDIDATES} beside the incumbent.`,
      remedy: 'Compare some of them first.',
    }),
  ];
}

/** That all guards pass says of several candidates only that none is worse. */
function withoutGoal({ stages, guards, candidates }: RolloutSpec): readonly Incompatibility[] {
  const first = stages.findIndex(({ kind }) => kind === 'abTest' || kind === 'bandit');
  const kinds: readonly string[] = guards.filter(({ required }) => required).map(({ kind }) => kind);
  if (candidates.length === 1 || stages[first]?.kind !== 'abTest' || kinds.includes('goal')) return [];
  return [
    refusal({
      path: ['stages', first, 'abTest'],
      about: 'key',
      found: 'no goal',
      allowed: 'a required guard of kind goal, when there are several candidates',
      message: `\`stages[${first}]\` compares ${candidates.length} candidates, but no required \`goal\` guard says what the better one is better at.`,
      remedy: 'Add a guard `- { kind: goal, event: … }`, or use a `bandit`.',
      restsOn: [['guards'], ['candidates', 1]],
    }),
  ];
}

/** To go on without evidence needs somebody to go on with. */
function advanceOfSeveral({ stages, candidates }: RolloutSpec): readonly Incompatibility[] {
  const first = stages.findIndex(({ kind }) => kind === 'abTest' || kind === 'bandit');
  const stage = stages[first];
  if (candidates.length === 1 || (stage?.kind !== 'abTest' && stage?.kind !== 'bandit')) return [];
  if (stage.onInconclusive !== 'advance') return [];
  return [
    refusal({
      path: ['stages', first, stage.kind, 'onInconclusive'],
      found: 'advance',
      allowed: 'hold | rollBack | ask, when there are several candidates',
      message: `\`stages[${first}]\` may advance without evidence, but nothing says with which of ${candidates.length} candidates.`,
      remedy: 'Write `onInconclusive: ask`, `hold` or `rollBack`.',
      restsOn: [['onInconclusive'], ['candidates', 1]],
    }),
  ];
}
