import type { Problem } from './problem';

export { formatDuration } from './duration';
export { formatFraction, formatShare } from './share';
export { formatPath } from './problem';

/** How to set words apart; each function gets and returns text. Without it nothing is coloured. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly wrong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const PLAIN: Paint = { strong: (text) => text, wrong: (text) => text, faint: (text) => text };

export interface RenderInput {
  readonly problems: readonly Problem[];
  readonly text: string;
  readonly fileName: string;
  readonly paint?: Paint;
}

/** The problems for a terminal: place and message, the line with what is wrong underlined, what is allowed, what to do; then their number. */
export function renderProblems({ problems, text, fileName, paint = PLAIN }: RenderInput): string {
  const lines = text.split(/\r?\n/);
  const blocks = problems.map((problem) =>
    renderProblem(problem, { line: lines[problem.line - 1] ?? '', fileName, paint })
  );
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...blocks, `${count} in ${fileName}. Nothing was changed.`].join('\n\n');
}

/** The problems for programs: an object with the file's name and the list. */
export function problemsAsJson({ problems, fileName }: Pick<RenderInput, 'problems' | 'fileName'>): string {
  return JSON.stringify({ file: fileName, problems }, null, 2);
}

function renderProblem(
  problem: Problem,
  { line, fileName, paint }: { readonly line: string; readonly fileName: string; readonly paint: Paint }
): string {
  const place = `${fileName}:${problem.line}:${problem.column}`;
  const gutter = `${problem.line} | `;
  const source = excerpt(line, problem);
  const mark = `${' '.repeat(gutter.length)}${source.indent}${paint.wrong('^'.repeat(source.length))}`;
  return [
    `${paint.strong(place)}  ${paint.wrong(problem.message)}`,
    `  ${paint.faint(gutter)}${source.text}`,
    `  ${mark}`,
    `  Found ${problem.found}; allowed: ${problem.allowed}.`,
    `  ${problem.remedy}`,
  ].join('\n');
}

const WIDTH = 100;

/** The part of the line around the problem, with tabs as they are so that the mark stays below it. */
function excerpt(
  line: string,
  { column, length }: Problem
): { readonly text: string; readonly indent: string; readonly length: number } {
  const start = column - 1 > WIDTH - 20 ? column - 1 - 20 : 0;
  const text = line.slice(start, start + WIDTH);
  const indent = text.slice(0, column - 1 - start).replace(/[^\t]/g, ' ');
  return { text, indent, length: Math.max(1, Math.min(length, text.length - indent.length)) };
}
