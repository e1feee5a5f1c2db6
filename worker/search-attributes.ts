import type { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTE_KEYS } from '../workflows/search-attributes';

/** The connection's part that registers; any Temporal `Connection` fits. */
export type Operator = Pick<Connection, 'operatorService' | 'withDeadline'>;

export interface SearchAttribute {
  readonly name: string;
  readonly type: SearchAttributeType;
}

/** All that Sluice's workflows set. */
export const SEARCH_ATTRIBUTES: readonly SearchAttribute[] = SEARCH_ATTRIBUTE_KEYS;

const { IndexedValueType } = temporal.api.enums.v1;

/** How the API numbers each type, and how the CLI spells it. */
const TYPES: Readonly<
  Record<SearchAttributeType, { readonly value: temporal.api.enums.v1.IndexedValueType; readonly cli: string }>
> = {
  TEXT: { value: IndexedValueType.INDEXED_VALUE_TYPE_TEXT, cli: 'Text' },
  KEYWORD: { value: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, cli: 'Keyword' },
  INT: { value: IndexedValueType.INDEXED_VALUE_TYPE_INT, cli: 'Int' },
  DOUBLE: { value: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE, cli: 'Double' },
  BOOL: { value: IndexedValueType.INDEXED_VALUE_TYPE_BOOL, cli: 'Bool' },
  DATETIME: { value: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME, cli: 'Datetime' },
  KEYWORD_LIST: { value: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST, cli: 'KeywordList' },
};

/** The type as `temporal operator search-attribute create --type` and `start-dev --search-attribute` take it. */
export function cliType(type: SearchAttributeType): string {
  return TYPES[type].cli;
}

/** What a namespace lacks. An attribute with the wrong type cannot be changed, only removed and made anew by an operator. */
export interface SearchAttributeCheck {
  readonly missing: readonly SearchAttribute[];
  readonly wrongType: readonly (SearchAttribute & { readonly found: string })[];
}

/** The exact command that registers attributes, for whoever is allowed to. */
export function createCommand(
  attributes: readonly SearchAttribute[],
  { namespace, address }: { readonly namespace: string; readonly address: string }
): string {
  const pairs = attributes.map(({ name, type }) => `--name ${name} --type ${cliType(type)}`).join(' ');
  return `temporal operator search-attribute create --address ${address} --namespace ${namespace} ${pairs}`;
}

/** The operator service answers at once or not at all. */
const DEADLINE_MS = 10_000;

/** Compares what a namespace has with what is needed. Throws when the namespace may not be asked. */
export async function checkSearchAttributes(
  connection: Operator,
  { namespace, attributes = SEARCH_ATTRIBUTES }: { namespace: string; attributes?: readonly SearchAttribute[] }
): Promise<SearchAttributeCheck> {
  const { customAttributes } = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
    connection.operatorService.listSearchAttributes({ namespace })
  );
  const found = new Map(Object.entries(customAttributes ?? {}));
  const spelled = (value: temporal.api.enums.v1.IndexedValueType): string =>
    Object.values(TYPES).find((type) => type.value === value)?.cli ?? String(value);
  return {
    missing: attributes.filter(({ name }) => !found.has(name)),
    wrongType: attributes.flatMap((attribute) => {
      const value = found.get(attribute.name);
      return value === undefined || value === TYPES[attribute.type].value
        ? []
        : [{ ...attribute, found: spelled(value) }];
    }),
  };
}

/** Adds attributes without a look first; fails when one exists. The time-skipping server cannot list, so tests come here. */
export async function addSearchAttributes(
  connection: Operator,
  { namespace, attributes = SEARCH_ATTRIBUTES }: { namespace: string; attributes?: readonly SearchAttribute[] }
): Promise<void> {
  await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
    connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(attributes.map(({ name, type }) => [name, TYPES[type].value])),
    })
  );
}

/**
 * Registers what is missing and returns what is still wrong: nothing, or attributes of another type. Doing it again, or from two
 * processes at once, changes nothing. Throws when the caller may not register (Temporal Cloud, restricted clusters):
 * `createCommand` says what to ask for.
 */
export async function registerSearchAttributes(
  connection: Operator,
  options: { readonly namespace: string; readonly attributes?: readonly SearchAttribute[] }
): Promise<SearchAttributeCheck> {
  const before = await checkSearchAttributes(connection, options);
  if (before.missing.length === 0) return before;
  const { namespace } = options;
  const failure = await addSearchAttributes(connection, { namespace, attributes: before.missing }).then(
    () => undefined,
    (error: unknown) => ({ error })
  );
  const after = await checkSearchAttributes(connection, options);
  // Another process may have been quicker: then the call fails, and nothing is missing.
  if (failure !== undefined && after.missing.length > 0) throw failure.error;
  return after;
}
