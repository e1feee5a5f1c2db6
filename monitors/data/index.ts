export { readDataset } from './read-dataset';
export type { ReadHooks } from './read-dataset';
export { openSession } from './session';
export type { Session, SessionOptions } from './session';
export { named, quoted, rowsOf } from './sql';
export { addTallies, streamRows, streamTally, tallyTable, writeTally } from './tally';
export * from './types';
