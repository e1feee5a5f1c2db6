import path from 'node:path';
import type { OutcomeKind } from '../../rollout';

/** One rollout of the demo. */
export interface Chapter {
  readonly version: 'v1' | 'v2' | 'v3' | 'v4';
  readonly title: string;
  /** How it must end; anything else makes the demo fail. */
  readonly expected: OutcomeKind;
}

export const CHAPTERS: readonly [Chapter, ...Chapter[]] = [
  { version: 'v1', title: 'The first deployment: a word list', expected: 'promoted' },
  { version: 'v2', title: 'A trained model, better: canary, approval, promotion', expected: 'promoted' },
  {
    version: 'v3',
    title: 'The same model behind a text-cleaning step that it was not trained with: wrong answers, no errors',
    expected: 'rolledBack',
  },
  { version: 'v4', title: 'A model whose code throws on some reviews: HTTP 500', expected: 'rolledBack' },
];

/** The chapter's rollout file, as shipped. */
export function chapterFile({ version }: Chapter): string {
  return path.join(__dirname, '..', '..', 'examples', 'product-reviews', `${version}.yaml`);
}
