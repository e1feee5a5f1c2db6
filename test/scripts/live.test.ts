import { describe, expect, test } from '@jest/globals';
import { rolloutView } from '../../report';
import type { RolloutView } from '../../report';
import { liveWriter } from '../../scripts/live';
import { nowAt, stateAt } from '../report/states';
import type { Story } from '../report/states';
import { recordingOutput } from './run-main';

const viewOf = (story: Story): RolloutView => rolloutView(stateAt(story), nowAt(story));

/** What a terminal of this size shows after these writes: the cursor moves and clearing that we use, and wrapping. */
function screenOf(written: string, columns: number): readonly string[] {
  let lines: string[] = [''];
  for (const token of written.match(/\p{Cc}\[\d*[A-Z]|\n|\r|\P{Cc}+/gu) ?? []) {
    const up = /^\p{Cc}\[(\d+)A$/u.exec(token);
    if (up !== null) {
      if (Number(up[1]) > lines.length - 1) throw new Error('the cursor left the screen');
      lines = lines.slice(0, lines.length - Number(up[1]));
    } else if (token === '\n') {
      lines.push('');
    } else if (token === '\r' || token === '\u001b[0J') {
      // We only ever clear from the first column on.
      lines[lines.length - 1] = '';
    } else {
      const characters = [...token];
      for (let at = 0; at < characters.length; at += columns) {
        if (at > 0) lines.push('');
        lines[lines.length - 1] = characters.slice(at, at + columns).join('');
      }
    }
  }
  return lines;
}

describe('the live view on a terminal', () => {
  test.each([80, 50])('%i columns: each picture replaces the one before, to the last line', (columns) => {
    const output = recordingOutput({ isTTY: true, columns, rows: 60 });
    const writer = liveWriter(output, { color: false });
    for (const story of ['reading', 'baking', 'approving', 'halfway', 'promoted'] as const) writer.show(viewOf(story));
    const alone = recordingOutput({ isTTY: true, columns, rows: 60 });
    liveWriter(alone, { color: false }).show(viewOf('promoted'));
    expect(screenOf(output.text(), columns)).toEqual(screenOf(alone.text(), columns));
  });

  test.each([10, 16, 24, 40])('%i rows: a picture is never taller than the window', (rows) => {
    const output = recordingOutput({ isTTY: true, columns: 80, rows });
    liveWriter(output, { color: false }).show(viewOf('approving'), 'No worker answers for 20s.');
    expect(screenOf(output.text(), 80).length).toBeLessThanOrEqual(rows);
  });

  test('says below the picture when nobody answers, and takes it back', () => {
    const output = recordingOutput({ isTTY: true, columns: 80, rows: 60 });
    const writer = liveWriter(output, { color: false });
    writer.show(viewOf('baking'), 'No worker answers for 20s.');
    expect(screenOf(output.text(), 80)).toContain('No worker answers for 20s.');
    writer.show(viewOf('baking'));
    expect(screenOf(output.text(), 80)).not.toContain('No worker answers for 20s.');
  });
});

describe('the live view where nothing can be painted over', () => {
  test('prints a line only when something changes, and no control characters', () => {
    const output = recordingOutput();
    const writer = liveWriter(output, { color: true });
    for (const story of ['baking', 'baking', 'baking'] as const) writer.show(viewOf(story));
    const once = output.text();
    expect(once.split('\n').filter((line) => line.includes('holding 5 %'))).toHaveLength(1);
    expect(once).not.toMatch(/[^\P{Cc}\n]/u);
    writer.show(viewOf('halfway'));
    expect(output.text().slice(once.length)).toMatch(/holding 50 %/);
  });

  test('says once that nobody answers, and once more after somebody did', () => {
    const output = recordingOutput();
    const writer = liveWriter(output, { color: false });
    for (const notice of [undefined, 'silence', 'silence', undefined, 'silence']) writer.show(viewOf('baking'), notice);
    expect(output.text().match(/silence/g)).toHaveLength(2);
  });
});
