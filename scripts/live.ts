import { stripVTControlCharacters } from 'node:util';
import { changedLines } from '../report/changes';
import { renderTerminal } from '../report/terminal';
import type { RolloutView } from '../report';
import type { Output } from './environment';

/** Shows a rollout as it goes: painted over in place on a terminal, a line for each change elsewhere. */
export interface LiveWriter {
  /** `notice` is something about the watching itself, e.g. that no worker answers. */
  show(view: RolloutView, notice?: string): void;
  /** Leaves the last picture standing. */
  close(): void;
}

export interface LiveOptions {
  readonly color: boolean;
  /** What to print where nothing can be painted over; lines of text unless given. */
  readonly onChange?: (view: RolloutView, lines: readonly string[]) => void;
}

/** A writer for this output. */
export function liveWriter(output: Output, options: LiveOptions): LiveWriter {
  return output.isTTY && options.onChange === undefined
    ? repainting(output, options.color)
    : appending(output, options);
}

/** Up to the first line of the last picture, and clear from there. */
const upAndClear = (rows: number): string => `${rows > 0 ? `\u001b[${rows}A` : ''}\r\u001b[0J`;

function repainting(output: Output, color: boolean): LiveWriter {
  let painted: readonly string[] = [];
  return {
    show(view, notice) {
      // As measured now: after the window became narrower, what was painted takes more rows than it did.
      const up = painted.reduce((sum, line) => sum + rowsOf(line, output.columns), 0);
      painted = fitting(view, { output, color, notice });
      output.write(`${upAndClear(up)}${painted.map((line) => `${line}\n`).join('')}`);
    },
    close() {
      painted = [];
    },
  };
}

/** One picture that fits the window: first the plan and most of the log are left out, then the end is cut, because what scrolled away cannot be painted over. */
function fitting(
  view: RolloutView,
  input: { readonly output: Output; readonly color: boolean; readonly notice: string | undefined }
): readonly string[] {
  const { output, color, notice } = input;
  const room = output.rows - 1;
  const picture = (timeline: number): readonly string[] => [
    ...renderTerminal(view, { width: output.columns - 1, color, timeline, plan: timeline > 3 }),
    ...(notice === undefined ? [] : ['', notice]),
  ];
  const rows = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + rowsOf(line, output.columns), 0);
  for (const timeline of [6, 3, 1]) {
    const lines = picture(timeline);
    if (rows(lines) <= room) return lines;
  }
  const lines = [...picture(1)];
  while (lines.length > 1 && rows(lines) > room) lines.pop();
  return lines;
}

function rowsOf(line: string, columns: number): number {
  const length = [...stripVTControlCharacters(line)].length;
  return Math.max(1, Math.ceil(length / columns));
}

function appending(output: Output, { onChange }: LiveOptions): LiveWriter {
  let last: RolloutView | null = null;
  let said: string | undefined;
  return {
    show(view, notice) {
      const lines = changedLines(last, view);
      last = view;
      if (onChange !== undefined) {
        if (lines.length > 0) onChange(view, lines);
        return;
      }
      const news = notice === undefined || said !== undefined ? lines : [...lines, notice];
      said = notice;
      output.write(news.map((line) => `${line}\n`).join(''));
    },
    close() {
      last = null;
    },
  };
}
