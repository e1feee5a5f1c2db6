/** Laying out lines of a fixed width. Lengths count characters, so colours are put on after laying out, never before. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of `width` cells, filled to `fraction` (0–1) in eighths of a cell; anything above nothing shows at least an eighth. */
export function bar(fraction: number, width: number): string {
  const clamped = Math.min(1, Math.max(0, fraction));
  const eighths = clamped > 0 ? Math.max(1, Math.floor(clamped * width * 8)) : 0;
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return filled + '·'.repeat(width - [...filled].length);
}

/** Breaks text into lines of at most `width` characters, at spaces where there are any. Never empty. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (lengthOf(longer) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** `left` and `right` at the two ends of a line; `left` is cut when there is no room for both. */
export function ends(left: string, input: { readonly right: string; readonly width: number }): string {
  const room = Math.max(0, input.width - lengthOf(input.right) - 1);
  const kept = lengthOf(left) <= room ? left : `${[...left].slice(0, Math.max(0, room - 1)).join('')}…`;
  return kept + ' '.repeat(Math.max(1, input.width - lengthOf(kept) - lengthOf(input.right))) + input.right;
}

/** Characters of a text. */
export function lengthOf(text: string): number {
  return [...text].length;
}

function pieces(word: string, width: number): readonly string[] {
  const characters = [...word];
  if (characters.length <= width) return [word];
  const count = Math.ceil(characters.length / width);
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(''));
}
