/** What every section gets. */
export interface Bench {
  /** Sizes of the full mode are divided by it. */
  readonly divide: number;
  /** For data that a section makes; kept between runs. */
  readonly dir: string;
  /** Tells on standard error what is done now. */
  readonly say: (what: string) => void;
}

/** A part of the benchmark: its tables as text, and the same as data. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly play: (bench: Bench) => Promise<{ readonly text: string; readonly data: unknown }>;
}
