import { Context } from '@temporalio/activity';

const BEAT_MS = 10_000;

/** Beats while `body` works, since reading one large object may take longer than a heartbeat may be away; each request has a time limit of its own. */
export async function beating<T>(body: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}
