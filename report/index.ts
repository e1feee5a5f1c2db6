/**
 * What people see of a rollout. The view model and its Markdown are pure and run inside the workflow; `terminal` is imported by its own
 * path, because it brings colours that a workflow has no use for.
 */
export { toMarkdown, summaryLine } from './markdown';
export { rolloutView } from './model';
export { outcomeSentence } from './outcome';
export type * from './view';
