import { validationException } from '../wire/errors';

/** What every list of named things takes, with SageMaker's names. */
export interface ListRequest {
  readonly NameContains?: string | undefined;
  readonly CreationTimeBefore?: Date | undefined;
  readonly CreationTimeAfter?: Date | undefined;
  readonly LastModifiedTimeBefore?: Date | undefined;
  readonly LastModifiedTimeAfter?: Date | undefined;
  readonly SortBy?: string | undefined;
  readonly SortOrder?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Listed {
  readonly name: string;
  readonly createdMs: number;
  readonly modifiedMs?: number;
  readonly status?: string;
}

const DEFAULT_MAX_RESULTS = 10;

/**
 * Filters, sorts (newest first unless told otherwise) and cuts a page. The token holds the last item's place in the order, not an
 * offset, so that items made or deleted between two pages are neither skipped nor repeated. Throws ValidationException for a foreign token.
 */
export function listPage<T extends Listed>(
  items: readonly T[],
  request: ListRequest
): { readonly page: readonly T[]; readonly nextToken?: string } {
  const sortBy = request.SortBy ?? 'CreationTime';
  const sign = (request.SortOrder ?? 'Descending') === 'Ascending' ? 1 : -1;
  const order = (a: Place, b: Place): number =>
    sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const after = request.NextToken === undefined ? undefined : readToken(request.NextToken, `${sortBy}/${sign}`);
  const left = items
    .filter((item) => matches(item, request))
    .map((item) => ({ item, place: placeOf(item, sortBy) }))
    .filter(({ place }) => after === undefined || order(place, after) > 0)
    .sort((a, b) => order(a.place, b.place));
  const max = request.MaxResults ?? DEFAULT_MAX_RESULTS;
  const page = left.slice(0, max);
  const last = page.at(-1);
  const isCut = left.length > max && last !== undefined;
  return {
    page: page.map(({ item }) => item),
    ...(isCut ? { nextToken: writeToken(last.place, `${sortBy}/${sign}`) } : {}),
  };
}

interface Place {
  readonly key: string | number;
  readonly name: string;
}

function placeOf(item: Listed, sortBy: string): Place {
  const key = sortBy === 'Name' ? item.name : sortBy === 'Status' ? (item.status ?? '') : item.createdMs;
  return { key, name: item.name };
}

function matches(item: Listed, request: ListRequest): boolean {
  const isBefore = (at: number | undefined, limit: Date | undefined) =>
    limit === undefined || (at !== undefined && at < limit.getTime());
  const isAfter = (at: number | undefined, limit: Date | undefined) =>
    limit === undefined || (at !== undefined && at > limit.getTime());
  return (
    item.name.includes(request.NameContains ?? '') &&
    isBefore(item.createdMs, request.CreationTimeBefore) &&
    isAfter(item.createdMs, request.CreationTimeAfter) &&
    isBefore(item.modifiedMs, request.LastModifiedTimeBefore) &&
    isAfter(item.modifiedMs, request.LastModifiedTimeAfter)
  );
}

function writeToken(place: Place, order: string): string {
  return Buffer.from(JSON.stringify([order, place.key, place.name])).toString('base64url');
}

function readToken(token: string, order: string): Place {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (
      Array.isArray(parsed) &&
      parsed[0] === order &&
      (typeof parsed[1] === 'string' || typeof parsed[1] === 'number') &&
      typeof parsed[2] === 'string'
    ) {
      return { key: parsed[1], name: parsed[2] };
    }
  } catch {
    // Not one of ours: refused below.
  }
  throw validationException('Invalid pagination token.');
}
