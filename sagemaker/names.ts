import { createHash } from 'node:crypto';
import type { RolloutSpec } from '../spec/types';

/** SageMaker's limit for models, endpoint configs, endpoints and variants. */
const MAX_NAME_LENGTH = 63;

/** Tags that Sluice puts on all it makes. */
export const TAGS = { endpoint: 'sluice:endpoint', rollout: 'sluice:rollout', content: 'sluice:content' } as const;

/** Names of what one rollout makes. The model's carries a hash of its content, so the same name always means the same model. */
export function resourceNames(
  spec: RolloutSpec,
  number: number
): { readonly model: string; readonly pairConfig: string; readonly soloConfig: string } {
  const candidate = spec.candidates[0];
  const content = contentHash({ container: candidate.container, role: spec.aws.role, vpc: spec.aws.vpc ?? null }).slice(
    0,
    8
  );
  return {
    model: fit(`${spec.endpoint}-${candidate.name}`, `-${content}`),
    pairConfig: fit(`${spec.endpoint}-${candidate.name}`, `-r${number}-pair`),
    soloConfig: fit(`${spec.endpoint}-${candidate.name}`, `-r${number}`),
  };
}

/** SHA-256 of a JSON value, independent of the order of its keys, in hex. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex');
}

function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner
  );
}

/** Shortens the readable part, never the suffix; a shortened name carries a hash of the whole so that two never meet. */
function fit(stem: string, suffix: string): string {
  if (stem.length + suffix.length <= MAX_NAME_LENGTH) return stem + suffix;
  const hash = createHash('sha256').update(stem).digest('hex').slice(0, 6);
  const room = MAX_NAME_LENGTH - suffix.length - hash.length - 1;
  return `${stem.slice(0, room).replace(/-+$/, '')}-${hash}${suffix}`;
}
