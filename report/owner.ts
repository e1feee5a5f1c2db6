import { explain } from '../rollout';
import type { EndpointState } from '../rollout';

/** What the Temporal UI shows on the page of an endpoint's owner. */
export function ownerMarkdown(state: EndpointState): string {
  const { running, queued, past } = state;
  const now =
    running === null
      ? 'No rollout is running.'
      : `**${running.candidate}** ${running.isWatching ? 'was promoted and is watched' : 'is being rolled out'} (\`${running.id}\`, by ${running.who}).`;
  const next =
    queued === null ? [] : [`**${queued.candidate}** waits for its turn (rollout ${queued.number}, by ${queued.who}).`];
  const rows = past.map(
    (result) =>
      `| ${result.id} | ${result.candidate} | ${result.outcome.kind} | ${explain(result.outcome).replaceAll('|', '\\|')} |`
  );
  const table = rows.length === 0 ? [] : ['', '| rollout | candidate | outcome | why |', '|---|---|---|---|', ...rows];
  return [`## Endpoint ${state.endpoint}`, '', now, ...next, ...table].join('\n');
}
