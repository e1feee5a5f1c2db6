import type { Incompatibility, Path } from './problem';
import { formatPath } from './problem';
import { containersOf } from './candidate-types';
import type { Candidate, ContainerSpec, MultiModelContainer, RolloutSpec } from './types';

/** Limits of SageMaker's API model (service-2.json of 2017-07-24): shapes EndpointName, VariantName, ContainerDefinition, Tag, VpcConfig. */
interface Rule {
  readonly what: string;
  readonly allowed: string;
  readonly pattern: RegExp;
  readonly maxLength: number;
  /** Whether the mistake is in a key or, as mostly, in a value. */
  readonly about?: 'key';
}
const NAME: Rule = {
  what: 'name',
  allowed: 'letters, digits and inner hyphens, at most 63 characters',
  pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/,
  maxLength: 63,
};
const IMAGE: Rule = {
  what: 'image',
  allowed: 'at most 255 characters without blanks',
  pattern: /^\S+$/,
  maxLength: 255,
};
const ARTIFACT: Rule = {
  what: 'artifact',
  allowed: 'at most 1024 characters',
  pattern: /^(https|s3):\/\//,
  maxLength: 1024,
};
const VARIABLE: Rule = {
  what: 'variable name',
  allowed: 'letters, digits and underscores, not beginning with a digit',
  pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  maxLength: 1024,
  about: 'key',
};
const VALUE: Rule = { what: 'value', allowed: 'at most 1024 characters', pattern: /^[^]*$/, maxLength: 1024 };
const KEY: Rule = {
  what: 'KMS key',
  allowed: 'a key id, alias or ARN',
  pattern: /^[a-zA-Z0-9:/_-]*$/,
  maxLength: 2048,
};
const NETWORK_ID: Rule = {
  what: 'id',
  allowed: 'letters, digits and hyphens, at most 32',
  pattern: /^[-0-9a-zA-Z]+$/,
  maxLength: 32,
};
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_ALLOWED = 'letters, digits, blanks and _ . : / = + - @';
const TAG_KEY: Rule = {
  what: 'tag',
  allowed: `at most 128 ${TAG_ALLOWED}`,
  pattern: TAG_TEXT,
  maxLength: 128,
  about: 'key',
};
const TAG_VALUE: Rule = { what: 'tag value', allowed: `at most 256 ${TAG_ALLOWED}`, pattern: TAG_TEXT, maxLength: 256 };

/** SageMaker takes 50 tags on a resource; some of them are ours. */
const MAX_TAGS = 40;
const MAX_VARIABLES = 100;

/** Names, ids and tags that SageMaker's patterns and lengths would refuse. */
export function nameIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  const { kms, vpc, tags } = spec.aws;
  return [
    ...breach(NAME, spec.endpoint, ['endpoint']),
    ...(kms === undefined ? [] : breach(KEY, kms, ['aws', 'kms'])),
    ...(vpc?.subnets.flatMap((id, index) => breach(NETWORK_ID, id, ['aws', 'vpc', 'subnets', index])) ?? []),
    ...(vpc?.securityGroups.flatMap((id, index) => breach(NETWORK_ID, id, ['aws', 'vpc', 'securityGroups', index])) ??
      []),
    ...tooMany(vpc?.subnets.length ?? 0, { max: 16, path: ['aws', 'vpc', 'subnets'] }),
    ...tooMany(vpc?.securityGroups.length ?? 0, { max: 5, path: ['aws', 'vpc', 'securityGroups'] }),
    ...Object.entries(tags).flatMap(([key, value]) => ofTag(key, value)),
    ...tooMany(Object.keys(tags).length, { max: MAX_TAGS, path: ['aws', 'tags'] }),
    ...spec.candidates.flatMap((candidate, index) => ofCandidate(candidate, index, spec)),
  ];
}

function ofCandidate({ name, model }: Candidate, index: number, spec: RolloutSpec): readonly Incompatibility[] {
  const path: Path = ['candidates', index];
  return [
    ...breach(NAME, name, [...path, 'name']),
    ...sameName(spec, index),
    ...containersOf(model).flatMap((container, at) =>
      ofContainer(container, [...path, ...(model.kind === 'pipeline' ? ['containers', at] : ['container'])])
    ),
  ];
}

function ofContainer(container: ContainerSpec | MultiModelContainer, path: Path): readonly Incompatibility[] {
  const variables = Object.entries(container.environment);
  const environment: Path = [...path, 'environment'];
  const artifact = 'artifact' in container ? container.artifact : undefined;
  return [
    ...breach(IMAGE, container.image, [...path, 'image']),
    ...(artifact === undefined ? [] : breach(ARTIFACT, artifact, [...path, 'artifact'])),
    ...('artifacts' in container ? breach(ARTIFACT, container.artifacts, [...path, 'artifacts']) : []),
    ...variables.flatMap(([key]) => breach(VARIABLE, key, [...environment, key])),
    ...variables.flatMap(([key, value]) => breach(VALUE, value, [...environment, key])),
    ...tooMany(variables.length, { max: MAX_VARIABLES, path: environment }),
  ];
}

function sameName({ candidates }: RolloutSpec, index: number): readonly Incompatibility[] {
  const name = candidates[index]?.name;
  const earlier = candidates.slice(0, index).findIndex((other) => other.name === name);
  if (earlier === -1 || name === undefined) return [];
  const path = ['candidates', index, 'name'];
  return [
    {
      path,
      about: 'value',
      found: name,
      allowed: 'a name of its own for each candidate',
      message: `\`${formatPath(path)}\` is also the name of \`candidates[${earlier}]\`; variants of one endpoint differ in name.`,
      remedy: 'Give each candidate its own name.',
      restsOn: [['candidates', earlier, 'name']],
    },
  ];
}

function ofTag(key: string, value: string): readonly Incompatibility[] {
  const path = ['aws', 'tags', key];
  const reserved = /^(aws|sluice):/i.exec(key)?.[0];
  if (reserved === undefined) return [...breach(TAG_KEY, key, path), ...breach(TAG_VALUE, value, path)];
  return [
    {
      path,
      about: 'key',
      found: key,
      allowed: 'tags that do not begin with aws: or sluice:',
      message: `The tag \`${key}\` begins with ${reserved}, which is reserved.`,
      remedy: 'Choose another prefix.',
      restsOn: [],
    },
  ];
}

function breach(rule: Rule, text: string, path: Path): readonly Incompatibility[] {
  const { what, about = 'value', allowed, pattern, maxLength } = rule;
  const isTooLong = text.length > maxLength;
  if (!isTooLong && pattern.test(text)) return [];
  const nearest = what === 'name' ? asName(text) : undefined;
  const reason = isTooLong
    ? `it has ${text.length} characters, SageMaker takes ${maxLength}`
    : `SageMaker takes only ${allowed}`;
  return [
    {
      path,
      about,
      found: text.length > 80 ? `${text.slice(0, 79)}…` : text,
      allowed,
      ...(nearest === undefined ? {} : { nearest }),
      message: `\`${formatPath(path)}\` is not a valid ${what}: ${reason}.`,
      remedy: nearest === undefined ? `Choose another ${what}.` : `Write \`${nearest}\`.`,
      restsOn: [],
    },
  ];
}

/** `product_reviews.v8` is not a name, `product-reviews-v8` is. */
function asName(text: string): string | undefined {
  const name = text
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .slice(0, NAME.maxLength)
    .replace(/^-+|-+$/g, '');
  return NAME.pattern.test(name) ? name : undefined;
}

function tooMany(
  count: number,
  { max, path }: { readonly max: number; readonly path: Path }
): readonly Incompatibility[] {
  if (count <= max) return [];
  const message = `\`${formatPath(path)}\` has ${count} entries, SageMaker takes ${max} of yours.`;
  const facts = { found: `${count} entries`, allowed: `at most ${max}`, remedy: 'Remove some.' };
  return [{ path, about: 'key', ...facts, message, restsOn: [] }];
}
