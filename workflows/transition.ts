import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { livePct, step } from '../rollout';
import type { RolloutEvent, RolloutState } from '../rollout';
import { rolloutView } from '../report/model';
import { toMarkdown } from '../report/markdown';
import { SLUICE_PHASE, SLUICE_SHARE_PCT, SLUICE_VERDICT } from './search-attributes';

/** Holds the state of one rollout. `apply` is the only way to change it, so that query, details, search attributes and log never disagree. */
export interface StateHolder {
  readonly state: RolloutState;
  apply(event: RolloutEvent): void;
}

export function holdState(initial: RolloutState, options: { readonly searchAttributes: boolean }): StateHolder {
  let state = initial;
  publishDetails(state);
  if (options.searchAttributes) publishAttributes(null, state);
  return {
    get state() {
      return state;
    },
    apply(event) {
      const before = state;
      state = step(state, event, Date.now());
      if (state === before) return;
      publishDetails(state);
      if (options.searchAttributes) publishAttributes(before, state);
      for (const entry of state.log.slice(before.log.length)) log.info(entry.text, { phase: state.phase.kind });
    },
  };
}

function publishDetails(state: RolloutState): void {
  setCurrentDetails(toMarkdown(rolloutView(state, Date.now())));
}

/** An upsert is billed, so only what lists are filtered by, and only when it changes. After continue-as-new all are set once more. */
function publishAttributes(before: RolloutState | null, after: RolloutState): void {
  const changes = [
    ...(before?.phase.kind === after.phase.kind ? [] : [{ key: SLUICE_PHASE, value: after.phase.kind }]),
    ...(before?.decision.kind === after.decision.kind ? [] : [{ key: SLUICE_VERDICT, value: after.decision.kind }]),
    ...(before !== null && livePct(before.layout) === livePct(after.layout)
      ? []
      : [{ key: SLUICE_SHARE_PCT, value: Math.round(livePct(after.layout)) }]),
  ];
  if (changes.length > 0) upsertSearchAttributes(changes);
}
