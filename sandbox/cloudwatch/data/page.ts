import { CloudWatchError } from '../errors';

/** Opaque tokens over an offset. */
export function writeToken(offset: number): string {
  return Buffer.from(`from:${offset}`).toString('base64url');
}

/** Throws InvalidNextToken. */
export function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  const offset = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (offset === undefined) throw new CloudWatchError('InvalidNextToken', 'The next token specified is invalid.');
  return Number(offset);
}

/** One page of a list, with the token of the next. */
export function pageOf<Item>(
  items: readonly Item[],
  options: { readonly token: string | undefined; readonly size: number }
): { readonly items: readonly Item[]; readonly NextToken?: string } {
  const from = readToken(options.token);
  const page = items.slice(from, from + options.size);
  return { items: page, ...(from + page.length < items.length ? { NextToken: writeToken(from + page.length) } : {}) };
}
