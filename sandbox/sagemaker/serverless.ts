import { validationException } from '../wire/errors';
import type { Deployment } from './records';

/** Names of the variants whose instances come and go with the requests. */
export function serverlessIn({ blueprint }: Deployment): ReadonlySet<string> {
  return new Set(blueprint.variants.flatMap(({ name, serverless }) => (serverless ? [name] : [])));
}

/** A serverless endpoint can be given instances; one with instances cannot be made serverless. Throws ValidationException. */
export function assertNotMadeServerless(live: Deployment, pending: Deployment): void {
  if (serverlessIn(live).size > 0 || serverlessIn(pending).size === 0) return;
  throw validationException('An instance-based endpoint cannot be updated to a serverless endpoint.');
}
