import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { resultOf } from '../rollout';
import type { EndpointState, RolloutResult, RolloutState } from '../rollout';
import { outcomeSentence, rolloutView } from '../report';
import type { RolloutView } from '../report';
import { cameBy } from '../report/owner';
import { renderTerminal } from '../report/terminal';
import { duration, plain, shellWord } from '../report/words';
import { SLUICE_CANDIDATE, SLUICE_PHASE, SLUICE_SHARE_PCT } from '../workflows/search-attributes';
import { askRollout, describe } from './ask';
import { wantsColor } from './environment';
import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import type { ExitCode } from './exit-codes';
import { askKnownEndpoint, neverRolledOut, newestRollout, unknownRollout } from './target';
import { notice, print, printJson } from './verb';

interface Asked {
  readonly client: Client;
  readonly json: boolean;
}

/** Earlier results listed below the last one; all that is kept is in `--json`. */
const EARLIER = 3;

/** Shows what runs on an endpoint, or what ran last. */
export async function showEndpoint(
  surroundings: Surroundings,
  input: Asked & { readonly endpoint: string }
): Promise<ExitCode> {
  const { client, json, endpoint } = input;
  const owner = await askKnownEndpoint(client, endpoint);
  if (owner.kind === 'silent') return showWithoutOwner(surroundings, input);
  const { incumbent, running, queued, retiring, retired, past } = owner.value;
  const known = { endpoint, ownerAnswered: true, incumbent, queued, retiring, retired, past };
  if (running !== null) {
    const answer = await askRollout(client, running.id);
    if (answer.kind !== 'answered') return showDescription(surroundings, { client, json, id: running.id });
    if (json) printJson(surroundings, { ...known, running: rolloutView(answer.value, surroundings.now()) });
    else {
      picture(surroundings, answer.value);
      if (queued !== null)
        print(
          surroundings,
          '',
          `${queued.candidate} waits for its turn (rollout ${queued.number}, by ${queued.who}): sluice withdraw ${shellWord(endpoint)} --why 'say why'`
        );
    }
    return EXIT.done;
  }
  if (json) printJson(surroundings, { ...known, running: null });
  else print(surroundings, ...idleLines(owner.value, surroundings.now()));
  return EXIT.done;
}

/** What the newest rollout says while its owner is silent; the owner alone knows the rest. */
async function showWithoutOwner(
  surroundings: Surroundings,
  input: Asked & { readonly endpoint: string }
): Promise<ExitCode> {
  const { client, json, endpoint } = input;
  const id = await newestRollout(client, { endpoint, running: false });
  if (id === null) throw neverRolledOut(endpoint);
  return showRollout(surroundings, { client, json, id }, (view, result) => ({
    ...{ endpoint, ownerAnswered: false, incumbent: null, queued: null, retiring: null, retired: null },
    past: result === null ? [] : [result],
    running: result === null ? view : null,
  }));
}

/** Shows one rollout, running or ended; `framed`: how its JSON looks. */
export async function showRollout(
  surroundings: Surroundings,
  input: Asked & { readonly id: string },
  framed: (view: RolloutView, result: RolloutResult | null) => unknown = (view, result) => ({ ...view, result })
): Promise<ExitCode> {
  const { client, json, id } = input;
  const answer = await askRollout(client, id);
  if (answer.kind === 'unknown') throw unknownRollout(id);
  if (answer.kind === 'silent') return showDescription(surroundings, input);
  const state = answer.value;
  if (json)
    printJson(
      surroundings,
      framed(rolloutView(state, surroundings.now()), state.phase.kind === 'ended' ? resultOf(state) : null)
    );
  else picture(surroundings, state);
  return EXIT.done;
}

function picture(surroundings: Surroundings, state: RolloutState): void {
  const { out, env, now } = surroundings;
  print(
    surroundings,
    ...renderTerminal(rolloutView(state, now()), { width: Math.min(100, out.columns), color: wantsColor(env, out) })
  );
}

function idleLines({ endpoint, incumbent, retiring, retired, past }: EndpointState, nowMs: number): readonly string[] {
  const [last, ...earlier] = past;
  if (last === undefined) return [`${endpoint}: nothing is being rolled out, and nothing has been.`];
  return [
    ...(retiring === null
      ? []
      : [`${endpoint}: ${retiring.who} is retiring it (${retiring.id}): ${plain(retiring.why)}`]),
    ...(retired === null
      ? []
      : [`${endpoint}: retired ${duration(nowMs - retired.atMs)} ago by ${retired.who}: ${plain(retired.why)}`]),
    ...(incumbent === null ? [] : [`${endpoint}: ${incumbent.version} is the incumbent, ${cameBy(incumbent)}.`]),
    `${endpoint}: nothing is being rolled out. Last, ${duration(nowMs - last.endedAtMs)} ago:`,
    `  ${outcomeSentence(last)}`,
    `  The whole story: sluice status ${shellWord(last.id)}`,
    ...(earlier.length === 0
      ? []
      : ['Before:', ...earlier.slice(0, EARLIER).map((result) => `  ${result.id}: ${outcomeSentence(result)}`)]),
  ];
}

/** What Temporal knows by itself: not why and not what comes next, but whether it runs, and where it stood. */
async function showDescription(surroundings: Surroundings, input: Asked & { readonly id: string }): Promise<ExitCode> {
  const { client, json, id } = input;
  const description = await describe(client, id);
  if (description === null) throw unknownRollout(id);
  const known = knownFacts(description);
  if (json) {
    printJson(surroundings, { answered: false, ...known });
  } else {
    const { candidate, phase, sharePct } = known;
    const where = phase === null ? '' : ` Phase ${phase}, ${sharePct ?? 0} % set to ${candidate ?? 'the candidate'}.`;
    print(
      surroundings,
      `${id}: ${known.status.toLowerCase()}, for ${duration(surroundings.now() - description.startTime.getTime())}.${where}`
    );
  }
  notice(
    surroundings,
    'No worker answers, so this is only what Temporal itself knows. Start one: sluice worker, or look: sluice doctor'
  );
  return EXIT.unreachable;
}

function knownFacts(description: WorkflowExecutionDescription) {
  const attributes = description.typedSearchAttributes;
  return {
    id: description.workflowId,
    status: description.status.name,
    startedAtMs: description.startTime.getTime(),
    endedAtMs: description.closeTime?.getTime() ?? null,
    candidate: attributes.get(SLUICE_CANDIDATE) ?? null,
    phase: attributes.get(SLUICE_PHASE) ?? null,
    sharePct: attributes.get(SLUICE_SHARE_PCT) ?? null,
  };
}
