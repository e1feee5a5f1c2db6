import type { GuardPlan } from '../../guards/types';
import type { RolloutState } from '../../rollout';
import { ACCOUNT_HEAD, accountRows } from '../accounts';
import { rolloutView } from '../model';
import type { GuardView, LadderStep, RolloutView } from '../view';
import { clock, count, duration, percent } from '../words';
import { html } from './html';
import type { Html } from './html';
import type { Measurement } from './measurement';
import { effectPlot, evidencePlot, sharePlot } from './plots';
import { STYLE } from './style';

const MARKS: Readonly<Record<LadderStep['state'], string>> = {
  done: '✓',
  current: '▶',
  next: '○',
  stopped: '✗',
  skipped: '–',
};

/**
 * The card of one rollout: a self-contained HTML page (no script, no address outside itself) with what was decided, why, and every
 * measurement drawn. Pure.
 */
export function renderCard(input: {
  readonly state: RolloutState;
  readonly measurements: readonly Measurement[];
  readonly nowMs: number;
}): string {
  const { state, measurements } = input;
  const view = rolloutView(state, input.nowMs);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${view.headline}</title>
        <style>
          ${{ markup: STYLE }}
        </style>
      </head>
      <body>
        <main>
          <h1 class="${view.mood}">${view.headline}</h1>
          <p class="lead">${view.outcome?.sentence ?? view.next.text}</p>
          <p class="ladder">
            ${view.ladder.map((step) => html`<span class="${step.state}">${MARKS[step.state]} ${step.label}</span>`)}
          </p>
          ${facts(view)} ${armSection(view)} ${sharePlot(measurements)}
          ${view.guards.map((guard, i) => guardSection(guard, state.plan?.guards[i], measurements))}
          ${comparedSection(view)} ${segmentSection(view)} ${planSection(view)} ${approvals(state)}
          ${accountSection(view)}
          <h2>What happened</h2>
          <ol class="log">
            ${view.timeline.map(({ atMs, text }) => html`<li><time>${clock(atMs, view.nowMs)}</time> ${text}</li>`)}
          </ol>
          <footer>
            ${view.id} · plan ${state.plan?.digest ?? 'not fixed'} · ${count(measurements.length)} looks at the evidence
            · times are UTC
          </footer>
        </main>
      </body>
    </html> `;
  return page.markup;
}

function facts(view: RolloutView): Html {
  const { share } = view;
  const rows: readonly (readonly [string, string])[] = [
    ['endpoint', view.endpoint],
    ['candidate', view.candidate],
    ['incumbent', view.incumbent ?? 'none: first deployment'],
    [
      'served to the candidate',
      `${count(share.candidate)} of ${count(share.candidate + share.incumbent)} requests while judged`,
    ],
    ['took', duration((view.endedAtMs ?? view.nowMs) - view.startedAtMs)],
  ];
  return html`<table class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<tr>
          <th>${name}</th>
          <td>${value}</td>
        </tr>`
    )}
  </table>`;
}

function guardSection(guard: GuardView, plan: GuardPlan | undefined, measurements: readonly Measurement[]): Html {
  return html`<section>
    <h2>
      ${guard.name} <span class="verdict ${guard.verdict}">${guard.verdict}</span>
      <small>${guard.class}${guard.required ? '' : ', not required'}</small>
    </h2>
    <p>${guard.sentence}</p>
    <table class="counts">
      <tr>
        <th></th>
        <th>trials</th>
        <th>bad</th>
        <th>rate</th>
      </tr>
      ${(['candidate', 'incumbent'] as const).map(
        (arm) =>
          html`<tr>
            <th>${arm}</th>
            <td>${count(guard[arm].n)}</td>
            <td>${count(guard[arm].bad)}</td>
            <td>${guard[arm].n === 0 ? '–' : percent((100 * guard[arm].bad) / guard[arm].n)}</td>
          </tr>`
      )}
    </table>
    ${evidencePlot(guard.name, measurements)}${plan === undefined ? null : effectPlot(plan, measurements)}
  </section> `;
}

function comparedSection({ compared }: RolloutView): Html | string {
  if (compared.length === 0) return '';
  return html`<h2>Answers to the same requests</h2>
    <table>
      <tr>
        <th>segment</th>
        <th>pairs</th>
        <th>differ</th>
        <th>interval, valid at every look</th>
      </tr>
      ${compared.map(
        ({ segment, pairs, differentPct, lowPct, highPct }) =>
          html`<tr>
            <td>${segment}</td>
            <td>${count(pairs)}</td>
            <td>${percent(differentPct)}</td>
            <td>${percent(lowPct)} to ${percent(highPct)}</td>
          </tr>`
      )}
    </table>`;
}

function segmentSection({ segments }: RolloutView): Html | string {
  if (segments.length === 0) return '';
  return html`<h2>Shares by segment</h2>
    <table>
      ${segments.map(
        ({ segment, text }) =>
          html`<tr>
            <th>${segment}</th>
            <td>${text}</td>
          </tr>`
      )}
    </table>`;
}

function planSection({ plan }: RolloutView): Html | null {
  if (plan === null || plan.margins.length === 0) return null;
  return html`<h2>Fixed before the first request</h2>
    <ul>
      ${[...plan.margins, ...plan.forecasts].map((text) => html`<li>${text}</li>`)}
    </ul>`;
}

/** What became of each candidate, where there are several. */
function armSection({ arms }: RolloutView): Html | null {
  if (arms.length < 2) return null;
  return html`<h2>Candidates</h2>
    <table>
      ${arms.map(
        ({ name, standing, why }) =>
          html`<tr>
            <th>${name}</th>
            <td>${standing}</td>
            <td>${why}</td>
          </tr>`
      )}
    </table>`;
}

function accountSection({ accounts, cost }: RolloutView): Html | null {
  if (accounts.length === 0) return null;
  return html`<h2>Where the time went</h2>
    <table>
      <tr>
        ${ACCOUNT_HEAD.map((name) => html`<th>${name}</th>`)}
      </tr>
      ${accountRows(accounts).map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`
      )}
    </table>
    <p>
      <small
        >${cost} Extra instances are those beside the fleet that serves anyway; what autoscaling added is not
        counted.</small
      >
    </p>`;
}

function approvals({ approvals: given }: RolloutState): Html | null {
  if (given.length === 0) return null;
  return html`<h2>Decided by people</h2>
    <ul>
      ${given.map(({ who, why, atMs }) => html`<li>${who} approved at ${clock(atMs, atMs)}: ${why}</li>`)}
    </ul>`;
}
