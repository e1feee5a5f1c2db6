import { explain } from '../rollout';
import type { EndpointState, IncumbentPointer } from '../rollout';

/** What the Temporal UI shows on the page of an endpoint's owner. */
export function ownerMarkdown(state: EndpointState): string {
  const { incumbent, running, queued, retiring, retired, past } = state;
  const served = incumbent === null ? [] : [`Incumbent: **${incumbent.version}**, ${cameBy(incumbent)}.`, ''];
  const now =
    running === null
      ? idle({ retiring, retired })
      : `**${running.candidate}** ${running.isWatching ? 'was promoted and is watched' : 'is being rolled out'} (\`${running.id}\`, by ${running.who}).`;
  const next =
    queued === null ? [] : [`**${queued.candidate}** waits for its turn (rollout ${queued.number}, by ${queued.who}).`];
  const rows = past.map(
    (result) =>
      `| ${result.id} | ${result.candidate} | ${result.outcome.kind} | ${explain(result.outcome).replaceAll('|', '\\|')} |`
  );
  const table = rows.length === 0 ? [] : ['', '| rollout | candidate | outcome | why |', '|---|---|---|---|', ...rows];
  return [`## Endpoint ${state.endpoint}`, '', ...served, now, ...next, ...table].join('\n');
}

/** Since when something is the incumbent, and how it came to be. */
export function cameBy({ rollout, sinceMs }: IncumbentPointer): string {
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ');
  return rollout === null ? `found serving at ${since} UTC` : `since ${since} UTC, by rollout ${rollout.number}`;
}

function idle({ retiring, retired }: Pick<EndpointState, 'retiring' | 'retired'>): string {
  if (retiring !== null) return `**${retiring.who}** is retiring it (\`${retiring.id}\`).`;
  return retired === null ? 'No rollout is running.' : `Retired by ${retired.who}: ${retired.why}`;
}
