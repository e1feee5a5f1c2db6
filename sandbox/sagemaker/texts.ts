import { validationException } from '../wire/errors';

const NOUNS = { model: 'model', 'endpoint-config': 'endpoint configuration', endpoint: 'endpoint' } as const;

/** SageMaker says 404 with 400: clients match on the beginning of these sentences. */
export function notFound(kind: keyof typeof NOUNS, arn: string) {
  return validationException(`Could not find ${NOUNS[kind]} "${arn}".`);
}

export function alreadyExists(kind: keyof typeof NOUNS, arn: string) {
  return validationException(`Cannot create already existing ${NOUNS[kind]} "${arn}".`);
}

/** The answer to an update, a change of weights and a deletion alike while another change is under way. */
export function inProgress(arn: string) {
  return validationException(`Cannot update in-progress endpoint "${arn}".`);
}
