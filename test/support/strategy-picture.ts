import { rungLabel } from '../../report/ladder';
import { count, percent } from '../../report/words';
import { layoutOf, rungsOf, shiftSteps } from '../../rollout/rungs';
import type { Rung } from '../../rollout/rungs';
import { formatDuration } from '../../spec/duration';
import type { RolloutSpec } from '../../spec/types';

const [LEFT, TOP, HEIGHT, COLUMN] = [48, 34, 130, 92] as const;

/** One column of the picture: what the candidates answer from its left edge to its right one, in percent of the live requests. */
interface Column {
  readonly label: string;
  /** What ends it. */
  readonly until: string;
  readonly sharePct: readonly [number, number];
  /** Shares between these are chosen by evidence. */
  readonly rangePct?: readonly [number, number];
  readonly copyPct?: number;
  readonly isSliced?: boolean;
  readonly isAsked?: boolean;
  /** One candidate has all of it. */
  readonly isDecided?: boolean;
}

/** The traffic over time that a rollout file asks for, as SVG for light and dark pages. Not to scale in time. */
export function strategyPicture(spec: RolloutSpec): string {
  const columns = columnsOf(spec);
  const right = LEFT + columns.length * COLUMN;
  const { entries, width: legendWidth } = legendOf(spec, columns);
  const [width, height] = [Math.max(right, LEFT + legendWidth) + 12, TOP + HEIGHT + 44];
  const names = spec.candidates.map(({ name }) => name).join(', ');
  const title = `Share of the live traffic that ${names} answers: ${columns.map(({ label, until }) => `${label}${until === '' ? '' : ` (${until})`}`).join(', ')}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    STYLE,
    PATTERN,
    `<rect class="old" x="${LEFT}" y="${TOP}" width="${right - LEFT}" height="${HEIGHT}"/>`,
    ...columns.flatMap((column, i) =>
      drawColumn(column, {
        x: LEFT + i * COLUMN,
        arms: column.isDecided === true ? 1 : spec.candidates.length,
      })
    ),
    ...[0, 50, 100].map(
      (pct) => `<text class="soft" x="${LEFT - 6}" y="${y(pct) + 4}" text-anchor="end">${pct} %</text>`
    ),
    ...entries,
    '</svg>',
    '',
  ].join('\n');
}

function columnsOf(spec: RolloutSpec): readonly Column[] {
  const winnerPct = 100 - (spec.watch?.keep === 'warm' ? spec.watch.holdbackPct : 0);
  let sharePct = 0;
  const rungs = rungsOf(spec).flatMap((rung) => {
    const columns = rungColumns(rung, spec, sharePct);
    sharePct = columns.at(-1)?.sharePct[1] ?? sharePct;
    return columns;
  });
  const { watch } = spec;
  const watched = watch === undefined ? [] : [column('watch', formatDuration(watch.forMs), winnerPct)];
  return [
    column('before', '', 0),
    ...rungs,
    ...watched,
    { ...column('after', spec.candidates.length > 1 ? 'the winner' : '', 100), isDecided: true },
  ];
}

function rungColumns(rung: Rung, spec: RolloutSpec, beforePct: number): readonly Column[] {
  const label = rungLabel(rung, spec.stages);
  const stage = spec.stages[rung.stage];
  switch (rung.kind) {
    case 'calibrate':
      return [{ ...column(label, `≥ ${formatDuration(rung.atLeastMs)}`, 0), isSliced: layoutOf(rung) === 'sliced' }];
    case 'warmUp':
      return [column(label, `${count(rung.requests)} marked`, beforePct)];
    case 'approval':
      return [
        {
          ...column(label, stage?.kind === 'approval' ? `≤ ${formatDuration(stage.withinMs)}` : '', beforePct),
          isAsked: true,
        },
      ];
    case 'guardrails': {
      const shares = stage?.kind === 'blueGreen' && stage.engine === 'guardrails' ? shiftSteps(stage.shift) : [];
      return shares.map((pct) => column(`fleet ${percent(pct)}`, 'by SageMaker', pct));
    }
    case 'hold': {
      const { until, sharePct, follows, copyPct } = rung;
      const end = untilText(rung);
      if (follows === 'rewards') {
        const floorPct = stage?.kind === 'bandit' ? stage.floorPct : 0;
        const rangePct = [floorPct * spec.candidates.length, 100 - floorPct] as const;
        return [
          { ...column('bandit', 'begins even', sharePct), rangePct },
          { ...column('bandit', end, sharePct), rangePct },
        ];
      }
      if (follows === 'harm')
        return [
          {
            ...column(label, end, sharePct),
            sharePct: [sharePct, until.sharePct],
            rangePct: [sharePct, until.sharePct],
          },
        ];
      return [{ ...column(label, end, sharePct), ...(copyPct > 0 && { copyPct }) }];
    }
  }
}

function column(label: string, until: string, sharePct: number): Column {
  return { label, until, sharePct: [sharePct, sharePct] };
}

function untilText({ until }: Extract<Rung, { kind: 'hold' }>): string {
  if (until.pairs > 0) return `${count(until.pairs)} pairs`;
  if (until.requests > 1) return `${count(until.requests)} requests`;
  if (until.atLeastMs > 0) return `≥ ${formatDuration(until.atLeastMs)}`;
  return `≤ ${formatDuration(until.atMostMs)}`;
}

function drawColumn(column: Column, { x, arms }: { readonly x: number; readonly arms: number }): readonly string[] {
  const [from, to] = column.sharePct;
  const right = x + COLUMN;
  const each = Array.from({ length: arms }, (_, i) => {
    const [low, high] = [i / arms, (i + 1) / arms];
    return `<polygon class="new${i % 2}" points="${x},${y(from * low)} ${right},${y(to * low)} ${right},${y(to * high)} ${x},${y(from * high)}"/>`;
  });
  const middle = x + COLUMN / 2;
  const foot = TOP + HEIGHT;
  return [
    ...(to > 0 ? each : []),
    ...(column.rangePct === undefined
      ? []
      : [
          `<rect class="range" x="${x}" y="${y(column.rangePct[1])}" width="${COLUMN}" height="${y(column.rangePct[0]) - y(column.rangePct[1])}"/>`,
        ]),
    ...(column.copyPct === undefined
      ? []
      : [
          `<rect class="copy" x="${x}" y="${y(column.copyPct)}" width="${COLUMN}" height="${y(0) - y(column.copyPct)}"/>`,
          `<text x="${middle}" y="${y(column.copyPct) - 6}" text-anchor="middle">copies</text>`,
        ]),
    ...(column.isSliced === true
      ? [
          `<line class="edge" x1="${x}" y1="${y(50)}" x2="${right}" y2="${y(50)}"/>`,
          ...[25, 75].map((pct) => `<text x="${middle}" y="${y(pct) + 4}" text-anchor="middle">a slice of it</text>`),
        ]
      : []),
    ...(column.isAsked === true
      ? [`<text class="ask" x="${middle}" y="${y(75) + 8}" text-anchor="middle">?</text>`]
      : []),
    `<line class="edge" x1="${x}" y1="${TOP}" x2="${x}" y2="${foot}"/>`,
    `<text x="${middle}" y="${foot + 17}" text-anchor="middle">${escape(column.label)}</text>`,
    `<text class="soft" x="${middle}" y="${foot + 33}" text-anchor="middle">${escape(column.until)}</text>`,
  ];
}

/** Says in words what the colours mean. */
function legendOf(
  { candidates }: RolloutSpec,
  columns: readonly Column[]
): { readonly entries: readonly string[]; readonly width: number } {
  const hasRange = columns.some(({ rangePct }) => rangePct !== undefined);
  const words: readonly (readonly [string, string])[] = [
    ['old', 'incumbent'],
    ...candidates.map(({ name }, i) => [`new${i % 2}`, name] as const),
    ...(hasRange ? [['range', 'where evidence may move it'] as const] : []),
  ];
  const widths = words.map(([, text]) => 32 + text.length * 7);
  const entries = words.flatMap(([style, text], i) => {
    const x = LEFT + widths.slice(0, i).reduce((sum, one) => sum + one, 0);
    return [
      `<rect class="${style}" x="${x}" y="10" width="14" height="12"/>`,
      `<text x="${x + 20}" y="20">${escape(text)}</text>`,
    ];
  });
  return { entries, width: widths.reduce((sum, one) => sum + one, 0) };
}

function y(pct: number): number {
  return Number((TOP + HEIGHT * (1 - pct / 100)).toFixed(1));
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.soft { fill: #59636e; font-size: 11px }
.ask { font-size: 30px }
.old { fill: #d5dae0 }
.new0 { fill: #3f83d6 }
.new1 { fill: #d98324 }
.copy { fill: url(#dots); stroke: #3f83d6; stroke-dasharray: 4 3 }
.range { fill: url(#lines); stroke: #59636e; stroke-dasharray: 2 3 }
.edge { stroke: #59636e; stroke-dasharray: 3 4; opacity: .6 }
.line { stroke: #1f2328; stroke-width: 1; opacity: .55 }
.dot { fill: #3f83d6 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .soft { fill: #9198a1 }
  .old { fill: #3a424c }
  .new0 { fill: #4b8fe2 }
  .new1 { fill: #c9761a }
  .range, .edge { stroke: #9198a1 }
  .line { stroke: #e6edf3 }
}
</style>`;

const PATTERN = `<defs>
<pattern id="lines" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="line" x1="0" y1="0" x2="0" y2="8"/></pattern>
<pattern id="dots" width="7" height="7" patternUnits="userSpaceOnUse"><circle class="dot" cx="3.5" cy="3.5" r="1.6"/></pattern>
</defs>`;
