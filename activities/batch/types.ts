import type {
  BadRecord,
  BatchContext,
  BatchRequest,
  BatchState,
  Compared,
  DriftFinding,
  OpenedBatch,
} from '../../batch';

/** Which part, in which attempt, with which pieces. */
export interface PartContext extends BatchContext {
  readonly part: number;
  readonly attempt: number;
  readonly round: number;
}

/** Whose model a job is of. */
export type JobOwner = 'model' | 'challenger';

export interface JobEnd {
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  readonly reason: string | null;
}

/** What a batch does outside. All are idempotent; failures are of the closed list of `spec/failures`. */
export interface BatchActivities {
  /** Fixes data window, addresses and models. Fails with `NotFound` where there is no model. */
  openBatch(
    input: BatchRequest & { readonly id: string; readonly run: string; readonly nominalMs: number }
  ): Promise<OpenedBatch>;
  /** Lists the input and groups it into parts. Fails with `NotFound` when there is nothing. */
  listInput(input: BatchContext): Promise<{
    readonly parts: readonly { readonly part: number; readonly objects: number; readonly bytes: number }[];
    readonly bad: readonly BadRecord[];
  }>;
  /** Reads the objects of a part once: counts records, puts aside what cannot be sent, cuts what is large. */
  scanPart(input: PartContext): Promise<{
    readonly records: number;
    readonly refused: number;
    readonly pieces: number;
    readonly bad: readonly BadRecord[];
  }>;
  /** Makes the transform job of this attempt, or the challenger's, unless it is there. */
  startJob(input: PartContext & { readonly by: JobOwner }): Promise<void>;
  /** Waits for the end of a job; changes nothing. */
  awaitJob(input: PartContext & { readonly by: JobOwner }): Promise<JobEnd>;
  /** Compares the output with the input, piece by piece. */
  checkPart(input: PartContext): Promise<{
    readonly good: number;
    readonly bad: number;
    readonly labels: Readonly<Record<string, number>>;
  }>;
  /** Cuts what failed into smaller pieces; single records are put aside. Fails with `BadRecords` where the file allows none, or not so many. */
  carvePart(
    input: PartContext & {
      readonly records: number;
      readonly good: number;
      readonly quarantined: number;
      readonly reason: string | null;
    }
  ): Promise<{ readonly pieces: number; readonly quarantined: number; readonly bad: readonly BadRecord[] }>;
  /** Compares the challenger's answers with the model's, line by line. */
  comparePart(input: PartContext): Promise<Compared>;
  /** Puts the results of a part together: one object for each of the input. */
  assemblePart(input: PartContext): Promise<void>;
  /** Writes the manifest, last. Fails with `NotVerified` where the file does not let drifted results through. */
  publishBatch(
    input: BatchContext & { readonly state: BatchState; readonly nowMs: number }
  ): Promise<{ readonly manifest: string; readonly drift: DriftFinding | null }>;
  /** Deletes what the run needed only while it ran, and the models that it made. */
  cleanBatch(input: BatchContext): Promise<void>;
  /** Stops the jobs of a run that does not publish, and deletes all that it wrote. */
  discardBatch(
    input: BatchContext & { readonly jobs: readonly { readonly part: number; readonly attempts: number }[] }
  ): Promise<void>;
}
