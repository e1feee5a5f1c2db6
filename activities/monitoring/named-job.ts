import { isAlreadyThere, isCapacityText, isNotFound, FailureError } from '../../sagemaker/faults';
import type { ActivityDeps } from '../deps';

const POLL_MS = 5_000;

/** What SageMaker does with jobs of one kind. */
export interface JobKind<Told> {
  /** As a person reads it: `training job`. */
  readonly called: string;
  readonly start: (name: string) => Promise<unknown>;
  readonly describe: (name: string) => Promise<Told>;
  readonly statusOf: (told: Told) => string | undefined;
  /** What its container said last, else SageMaker's reason. */
  readonly saidBy: (told: Told) => string | undefined;
}

/** How a job has ended. */
export interface EndedJob {
  readonly called: string;
  readonly name: string;
  readonly status: 'Completed' | 'Failed' | 'Stopped';
  readonly said: string;
}

type Deps = Pick<ActivityDeps, 'sleep' | 'heartbeat'>;

/**
 * Starts a job, or finds the one of that name that runs or has done its work, and waits until it has ended, however that may be. The name is the token: a
 * repetition finds what it has started. A name is never free again: after a job that failed comes `<name>-2`, and so on.
 */
export async function endOfNamed<Told>(
  deps: Deps,
  stem: string,
  kind: JobKind<Told>
): Promise<EndedJob & { readonly told: Told }> {
  const name = await started(stem, kind);
  for (;;) {
    // Unknown for a moment after it was made.
    const told = await known(name, kind);
    const status = told === undefined ? undefined : kind.statusOf(told);
    deps.heartbeat({ doing: name, status });
    if (told !== undefined && (status === 'Completed' || status === 'Failed' || status === 'Stopped'))
      return { called: kind.called, name, status, said: kind.saidBy(told) ?? '', told };
    await deps.sleep(POLL_MS);
  }
}

async function started<Told>(stem: string, kind: JobKind<Told>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? stem : `${stem}-${attempt}`;
    const told = await known(name, kind);
    const status = told === undefined ? undefined : kind.statusOf(told);
    if (status === 'Failed' || status === 'Stopped') continue;
    if (told !== undefined) return name;
    try {
      await kind.start(name);
    } catch (error) {
      // Another attempt, or a call of ours that timed out, was first: the same name is the same question.
      if (!isAlreadyThere(error)) throw error;
    }
    return name;
  }
}

async function known<Told>(name: string, { describe }: JobKind<Told>): Promise<Told | undefined> {
  try {
    return await describe(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What is told of a job that has not done its work. What AWS could not do now it may do later. */
export function jobFailure({ called, name, status, said }: EndedJob): FailureError {
  const what = `The ${called} ${name} is ${status}: ${said || 'no reason given'}`;
  if (isCapacityText(said)) return new FailureError('CapacityUnavailable', what);
  return new FailureError(/^InternalServerError/.test(said) ? 'ProviderUnavailable' : 'InvalidRequest', what);
}
