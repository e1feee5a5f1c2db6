import type { RetrainingRequest, RetrainingResult, RetrainingRun } from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import type { Candidate, ModelSource, RolloutSpec } from '../../spec/types';
import type { JobDeps } from './processing-job';
import { endOfProcessing, endOfTraining } from './retraining-jobs';

const ANSWER_MS = 45_000;
const MOST_CHARACTERS = 10_000;
/** SageMaker takes variants of 63 characters. */
const NAME_ROOM = 40;

/**
 * Posts `{ endpoint, number, why, who, incumbent, answer }` and expects 200 with `{ "artifact": "s3://…tar.gz" }` or `{ "modelPackage": "group/7" }`,
 * or 202 where the model comes later, by itself. A repetition carries the same number.
 */
export async function askForModel(request: RetrainingRequest): Promise<RetrainingResult> {
  const how = request.spec.retraining?.how;
  if (how?.kind !== 'webhook') throw new FailureError('Internal', 'The file does not retrain by a webhook.');
  const { url } = how;
  const { endpoint, number, who, why, incumbent } = request;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ endpoint, number, who, why, incumbent }),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new FailureError('ProviderUnavailable', `${url} could not be asked for a model: ${cause}.`);
  });
  if (response.status === 202) return { kind: 'handedOver', why: `${url} has taken it, and delivers by itself.` };
  if (response.status >= 500)
    throw new FailureError('ProviderUnavailable', `${url} answered ${response.status} when asked for a model.`);
  const text = (await response.text()).slice(0, MOST_CHARACTERS);
  const model = response.status === 200 ? modelIn(text) : null;
  if (model === null)
    return {
      kind: 'failed',
      why: `${url} answered ${response.status} with no artifact and no modelPackage: ${text.slice(0, 200)}`,
    };
  return trained(request, model);
}

/** Starts the job, or finds the one that an earlier attempt has started; waits until it has left its model. */
export async function trainModel(deps: JobDeps, request: RetrainingRun): Promise<RetrainingResult> {
  const how = request.spec.retraining?.how;
  if (how === undefined || how.kind === 'webhook')
    throw new FailureError('Internal', 'The file does not retrain by a job.');
  const end = how.kind === 'job' ? await endOfProcessing(deps, request, how) : await endOfTraining(deps, request, how);
  return end.kind === 'failed' ? end : trained(request, { artifact: end.artifact });
}

type NewModel = { readonly artifact: string } | { readonly modelPackage: string };

/** The incumbent's file with the new model in the place of the old one. */
function trained({ spec, number, incumbent }: RetrainingRequest, model: NewModel): RetrainingResult {
  const before = spec.candidates.find(({ name }) => name === incumbent.version) ?? spec.candidates[0];
  const name = `${before.name.replace(/-retrained-\d+$/, '').slice(0, NAME_ROOM)}-retrained-${number}`;
  const source = sourceOf(before, model);
  if (source === null)
    return {
      kind: 'failed',
      why: `${before.name} is a ${before.model.kind}, which one artifact does not replace. Let the webhook answer with a modelPackage.`,
    };
  const candidate: Candidate = { ...before, name, model: source };
  const next: RolloutSpec = { ...spec, candidates: [candidate] };
  return {
    kind: 'trained',
    spec: next,
    candidate: name,
    model: 'artifact' in model ? model.artifact : model.modelPackage,
  };
}

function sourceOf({ model: before }: Candidate, model: NewModel): ModelSource | null {
  if ('modelPackage' in model) return { kind: 'package', package: model.modelPackage };
  if (before.kind !== 'container') return null;
  return { kind: 'container', container: { ...before.container, artifact: model.artifact } };
}

function modelIn(text: string): NewModel | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  if ('artifact' in found && typeof found.artifact === 'string' && /^s3:\/\/\S+\.tar\.gz$/.test(found.artifact))
    return { artifact: found.artifact };
  if ('modelPackage' in found && typeof found.modelPackage === 'string' && /^\S+\/\d+$/.test(found.modelPackage))
    return { modelPackage: found.modelPackage };
  return null;
}
