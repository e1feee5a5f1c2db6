import type { createColors } from 'picocolors';

/** Puts a colour on text that is laid out already. */
export type Paint = (text: string) => string;

/** What every part of the terminal view needs to lay itself out. */
export interface Page {
  readonly width: number;
  readonly colors: ReturnType<typeof createColors>;
}

/** Cells of the label column. */
export const LABEL_CELLS = 9;

/** Lines under a label that stands once, in front of the first. */
export function labelled(label: string, texts: readonly string[], { colors }: Page): readonly string[] {
  return texts.map(
    (text, index) => `${index === 0 ? colors.dim(label.padEnd(LABEL_CELLS)) : ' '.repeat(LABEL_CELLS)}${text}`
  );
}
