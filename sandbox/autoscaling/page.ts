import { validationException } from '../wire/errors';
import { invalidNextToken } from './errors';

/**
 * Cuts one page from items in a fixed order. The token holds the last item's key, so that items made or deleted between two pages are
 * neither skipped nor repeated.
 */
export function pageOf<T>(
  items: readonly T[],
  request: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
  order: { readonly keyOf: (item: T) => string; readonly limit: number }
): { readonly page: readonly T[]; readonly NextToken: string | undefined } {
  const max = request.MaxResults ?? order.limit;
  if (max < 1 || max > order.limit)
    throw validationException(`MaxResults must be between 1 and ${order.limit}, not ${max}.`);
  const sorted = [...items].sort((a, b) => (order.keyOf(a) < order.keyOf(b) ? -1 : 1));
  const after = request.NextToken === undefined ? undefined : readToken(request.NextToken);
  const rest = after === undefined ? sorted : sorted.filter((item) => order.keyOf(item) > after);
  const page = rest.slice(0, max);
  const last = page.at(-1);
  return { page, NextToken: rest.length > max && last !== undefined ? writeToken(order.keyOf(last)) : undefined };
}

const TOKEN_PREFIX = 'after:';

function writeToken(key: string): string {
  return Buffer.from(`${TOKEN_PREFIX}${key}`).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith(TOKEN_PREFIX)) throw invalidNextToken();
  return text.slice(TOKEN_PREFIX.length);
}
