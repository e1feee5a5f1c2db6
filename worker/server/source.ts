/** The two executables: the CLI, whose `server start-dev` is a whole Temporal, and the server that skips time in tests. */
export type BinaryKind = 'cli' | 'test-server';

/** What one source answered: an executable proven to run, a cluster that runs already, or why it has nothing. */
export type Found =
  | { readonly outcome: 'binary'; readonly path: string; readonly version: string }
  | { readonly outcome: 'address'; readonly address: string }
  | { readonly outcome: 'absent'; readonly reason: string };

/** One place to look. `find` never throws for what a user's machine may be like: that is `absent`, with a reason. */
export interface Source {
  /** As people would say it, e.g. `PATH`. */
  readonly name: string;
  find(kind: BinaryKind): Promise<Found>;
}

export function absent(reason: string): Found {
  return { outcome: 'absent', reason };
}
