import { html } from '../card/html';
import type { Html } from '../card/html';
import { STYLE } from '../card/style';
import { windowText } from '../monitor';
import { count, plural } from '../words';
import { budgetLines } from './budget';
import { histogram, short } from './histogram';
import { historyPlots } from './history';
import { intervalBar } from './interval';
import { countsText, subjectsOf, worstPart } from './subjects';
import type { SubjectView } from './subjects';
import type { PageCheck, PagePart, PageReport } from './types';

const MORE_STYLE = `
main{max-width:1040px}.wide{overflow-x:auto}td{vertical-align:top}.checks{width:100%}.checks td{padding:.45em 1.2em .45em 0;border-top:1px solid var(--line)}
.checks td:last-child{padding-right:0;width:55%}.checks td:first-child{font-weight:600;overflow-wrap:anywhere;min-width:6em;max-width:14em}.checks p{margin:0;font-size:.85rem;line-height:1.35;overflow-wrap:anywhere}.check{display:grid;grid-template-columns:minmax(16em,1fr) 170px;gap:1em;align-items:center;margin-bottom:.3em}
svg.spread{width:220px;height:56px}svg.interval{width:170px;height:18px}.interval .sure{stroke:currentColor;stroke-width:3;opacity:.45}.interval circle{fill:currentColor}.interval .limit{stroke:var(--ink);stroke-width:1.5}
.inconclusive{color:var(--soft)}.before{fill:var(--line);stroke:none}path.now{fill:none;stroke:var(--set);stroke-width:1.5}rect.now{fill:var(--set)}.spread .end{text-anchor:end}
.courses{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:0 2em}.key span{margin-right:1.2em}.key i{display:inline-block;width:14px;height:9px;margin-right:5px}code{font-size:.85em}details summary{cursor:pointer;color:var(--soft)}
`;

/** The page of what monitors found in one set of data: one HTML file that needs nothing beside it. Pure. */
export function renderMonitorPage({
  title,
  parts,
}: {
  readonly title: string;
  readonly parts: readonly PagePart[];
}): string {
  const worst = worstPart(parts);
  const heading = `${title}: ${worst?.report.verdict ?? 'nothing was checked'}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${heading}</title>
        <style>
          ${{ markup: STYLE + MORE_STYLE }}
        </style>
      </head>
      <body>
        <main>
          <h1 class="${moodOf(worst?.report)}">${heading}</h1>
          ${parts.map((part) => section(part, parts.length > 1))}
          <footer>times are UTC · the numbers are those of report.json</footer>
        </main>
      </body>
    </html> `.markup;
}

function moodOf(report: PageReport | undefined): string {
  return report?.verdict === 'pass' ? 'good' : report?.verdict === 'fail' || report?.verdict === 'error' ? 'alarm' : '';
}

function section(part: PagePart, isOneOfMany: boolean): Html {
  const { report } = part;
  const { rows, window } = report;
  const subjects = subjectsOf(part);
  const open = subjects.filter(({ verdict }) => verdict !== 'pass');
  const fine = subjects.filter(({ verdict }) => verdict === 'pass');
  const bytes = report.evidence.reduce((sum, one) => sum + one.bytes, 0);
  return html`<section>
    ${isOneOfMany ? html`<h2>${report.monitor} <span class="verdict ${report.verdict}">${report.verdict}</span></h2>` : null}
    <p class="lead">${report.reason}</p>
    <table class="facts">
      <tr>
        <th>monitor</th>
        <td>${report.monitor}</td>
      </tr>
      <tr>
        <th>rows</th>
        <td>${plural(rows.used, 'row')} judged of ${count(rows.read)} read</td>
      </tr>
      ${
        window === null
          ? null
          : html`<tr>
              <th>window</th>
              <td>${windowText(window)}</td>
            </tr>`
      }
      <tr>
        <th>checks</th>
        <td>${countsText(report.checks)}</td>
      </tr>
      <tr>
        <th>read</th>
        <td>
          ${plural(report.evidence.length, 'object')},
          ${bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${count(bytes / 1e6)} MB`}
        </td>
      </tr>
    </table>
    ${
      open.length === 0
        ? null
        : html`<h2>Look here</h2>
            ${subjectTable(open)}`
    }
    ${
      part.history.length > 1
        ? html`<h2>How it went</h2>
            <div class="courses">${historyPlots(part.history)}</div>`
        : null
    }
    ${issues(report)}
    ${
      fine.length === 0
        ? null
        : html`<h2>As it should be</h2>
            ${subjectTable(fine)}`
    }
    <h2>False alarms</h2>
    <ul>
      ${budgetLines(report).map((line) => html`<li>${line}</li>`)}
    </ul>
    ${sources(report)}
  </section>`;
}

function subjectTable(subjects: readonly SubjectView[]): Html {
  const isDrawn = subjects.some(({ feature }) => feature !== null && histogram(feature) !== null);
  return html`${
      isDrawn
        ? html`<p class="key">
            <small
              ><span><i style="background:var(--line)"></i>baseline</span
              ><span><i style="background:var(--set)"></i>now</span></small
            >
          </p>`
        : null
    }
    <div class="wide">
      <table class="checks">
        ${subjects.map(
          (one) =>
            html`<tr>
              <td>${one.subject}</td>
              <td><span class="verdict ${one.verdict}">${one.verdict}</span></td>
              ${isDrawn ? html`<td>${one.feature === null ? null : histogram(one.feature)}</td>` : null}
              <td>${checksOf(one)}</td>
            </tr>`
        )}
      </table>
    </div>`;
}

/** What does not pass in full, else what says most; the others are folded away. */
function checksOf({ checks }: SubjectView): Html {
  const open = checks.filter(({ verdict }) => verdict !== 'pass');
  const telling = checks.find(({ check }) => check === 'baseline_drift_check') ?? checks[0];
  const shown = open.length > 0 || telling === undefined ? open : [telling];
  const folded = checks.filter((one) => !shown.includes(one));
  const more = folded.length === 1 ? '1 more check passes' : `${folded.length} more checks pass`;
  return html`${shown.map(checkRow)}${
    folded.length === 0
      ? null
      : html`<details>
          <summary><small>${more}</small></summary>
          ${folded.map(checkRow)}
        </details>`
  }`;
}

function checkRow(one: PageCheck): Html {
  const { check, verdict, reason, value } = one;
  return html`<div class="check">
    <p><span class="${verdict}">${check}${verdict === 'pass' ? '' : ` ${verdict}`}</span>: ${reason}</p>
    ${intervalBar(one) ?? html`<p>${value === null ? '' : short(value)}</p>`}
  </div>`;
}

function issues({ issues: found }: PageReport): Html | null {
  if (found.length === 0) return null;
  return html`<h2>Wrong with the data</h2>
    <div class="wide">
      <table class="checks">
        <tr>
          <th>what</th>
          <th>times</th>
          <th>left out</th>
          <th>first met</th>
        </tr>
        ${found.map(
          ({ kind, count: times, unused, first }) =>
            html`<tr>
              <td>${kind}</td>
              <td>${count(times)}</td>
              <td>${count(unused)}</td>
              <td>
                <code>${first.source}${first.line === null ? '' : `:${first.line}`}</code
                >${first.note === undefined ? '' : ` (${first.note})`}
              </td>
            </tr>`
        )}
      </table>
    </div>`;
}

const MOST_SOURCES = 50;

function sources({ evidence, settings }: PageReport): Html {
  const more = evidence.length - MOST_SOURCES;
  return html`<details>
      <summary>Objects that were read</summary>
      <ul>
        ${evidence.slice(0, MOST_SOURCES).map(({ source }) => html`<li><code>${source}</code></li>`)}
        ${more > 0 ? html`<li>and ${count(more)} more, in report.json</li>` : null}
      </ul>
    </details>
    <details>
      <summary>Settings</summary>
      <pre>${JSON.stringify(settings, null, 1)}</pre>
    </details>`;
}
