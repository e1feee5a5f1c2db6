import { refusalOf, type TransformBody, type Transforms } from './transforms';

/** What came out of one of the two ways; an error is its status and text. */
export interface TransformOutcome {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface TransformDifference {
  /** Which sample, from 0. */
  readonly sample: number;
  readonly gateway: string;
  readonly pipeline: string;
  /** Where the first byte differs; null when only the status does. */
  readonly firstByte: number | null;
}

export interface TransformCheck {
  /** Every sample gave identical bytes and status, and there was one. */
  readonly ok: boolean;
  readonly checked: number;
  readonly identical: number;
  /** The first few. */
  readonly differences: readonly TransformDifference[];
  /** One sentence with the numbers. */
  readonly reason: string;
}

const SHOWN = 5;
const CONCURRENT = 4;

/** Calls something that serves, and gives its answer or its error as an outcome with a content type. */
export type AskModel = (given: TransformBody) => Promise<TransformOutcome & { readonly contentType: string | null }>;

/**
 * Sends samples both ways, before a rollout starts: through the gateway's transforms around `model`, and through `pipeline`, whose first and
 * last containers have the same definition around the same model. Only the answers of models that are equal can be compared.
 */
export async function checkTransforms(input: {
  readonly transforms: Transforms;
  readonly samples: readonly TransformBody[];
  readonly model: AskModel;
  readonly pipeline: AskModel;
}): Promise<TransformCheck> {
  const { transforms, samples, model, pipeline } = input;
  const pairs: { readonly gateway: TransformOutcome; readonly pipeline: TransformOutcome }[] = [];
  for (let i = 0; i < samples.length; i += CONCURRENT) {
    const batch = samples.slice(i, i + CONCURRENT).map(async (sample) => {
      const [gateway, other] = await Promise.all([around(transforms, { sample, model }), pipeline(sample)]);
      return { gateway, pipeline: other };
    });
    pairs.push(...(await Promise.all(batch)));
  }
  return compareTransforms(pairs);
}

/** The same, of outcomes that are there already. */
export function compareTransforms(
  pairs: readonly { readonly gateway: TransformOutcome; readonly pipeline: TransformOutcome }[]
): TransformCheck {
  const differences = pairs.flatMap(({ gateway, pipeline }, sample) => {
    const firstByte = firstDifference(gateway.body, pipeline.body);
    if (gateway.status === pipeline.status && firstByte === null) return [];
    return [{ sample, gateway: shown(gateway), pipeline: shown(pipeline), firstByte }];
  });
  const checked = pairs.length;
  const identical = checked - differences.length;
  return {
    ok: checked > 0 && differences.length === 0,
    checked,
    identical,
    differences: differences.slice(0, SHOWN),
    reason:
      checked === 0
        ? 'No sample was given, so nothing is known about the transforms.'
        : `${identical} of ${checked} samples gave identical answers through the gateway and through the pipeline.`,
  };
}

async function around(
  transforms: Transforms,
  { sample, model }: { readonly sample: TransformBody; readonly model: AskModel }
): Promise<TransformOutcome> {
  try {
    const answer = await model(transforms.request(sample));
    if (answer.status < 200 || answer.status > 299) return answer;
    const { body } = transforms.response({
      body: answer.body,
      contentType: answer.contentType ?? 'application/octet-stream',
    });
    return { status: answer.status, body };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return refusal;
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return null;
}

function shown({ status, body }: TransformOutcome): string {
  return `${status} ${Buffer.from(body).toString('utf8').slice(0, 200)}`;
}
