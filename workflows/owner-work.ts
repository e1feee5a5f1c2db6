import { log } from '@temporalio/workflow';
import { admit, afterWork, workOf } from '../rollout';
import type { OwnedWork, WorkNews } from '../rollout';
import { START } from './owner-children';
import type { Owner } from './owner-hold';
import { submit } from './owner-rollouts';
import { untilGone, whyOf } from './owner-talk';

/** Workflows beside rollouts that the owner has begun, in whichever of its runs that was: baselines, a new model, the retirement. */
export interface OwnersWork {
  /** Something is to be begun. */
  readonly isDue: boolean;
  begin(): void;
  hear(news: WorkNews): Promise<void>;
}

/**
 * In the run that has started it a child is followed by its result. In later ones it tells its end by a signal, and is looked after, because one that
 * was terminated cannot. That the run before has begun whatever it waited for is sure: an owner goes on as new only when nothing is due.
 */
export function holdWork(owner: Owner): OwnersWork {
  /** By id; the value is that of one try, because a retirement may be asked for again. */
  const followed = new Map<string, object>();
  const due = (): readonly OwnedWork[] => workOf(owner.state).filter(({ id }) => !followed.has(id));

  const hear = async (news: WorkNews): Promise<void> => {
    followed.delete(news.id);
    await heed(owner, news);
  };
  const follow = async ({ kind, id }: OwnedWork): Promise<void> => {
    const self = {};
    followed.set(id, self);
    const news = await owner
      .whole(() => START[kind](owner, id))
      .then((ended) => ended())
      .catch((error: unknown) => ({ kind: 'failed', why: whyOf(error) }) as const);
    // Its signal may have come first.
    if (followed.get(id) === self) await hear({ ...news, id });
  };
  const lookAfter = async ({ id }: OwnedWork): Promise<void> => {
    const self = {};
    followed.set(id, self);
    await untilGone(id, () => followed.get(id) === self);
    if (followed.get(id) === self) await hear({ kind: 'failed', id, why: `${id} was ended from outside` });
  };

  for (const inherited of due()) void lookAfter(inherited);
  return {
    get isDue() {
      return due().length > 0;
    },
    begin: () => {
      for (const work of due()) void follow(work);
    },
    hear,
  };
}

async function heed(owner: Owner, news: WorkNews): Promise<void> {
  const before = owner.state;
  const next = afterWork(before, news, Date.now());
  if (next === before) return;
  owner.set(next);
  if (news.kind === 'failed') log.error(`${news.id}: ${news.why}`);
  if (next.givenUp !== before.givenUp && next.givenUp !== null)
    owner.inform(before.queued?.follower ?? null, { kind: 'refused', why: next.givenUp.why });
  if (news.kind === 'retraining') await takeModel(owner, news, before.retraining?.who ?? 'unknown');
}

/** The new model enters as any candidate does. */
async function takeModel(
  owner: Owner,
  { id, result }: Extract<WorkNews, { kind: 'retraining' }>,
  who: string
): Promise<void> {
  if (result.kind !== 'trained') return log.warn(`${id}: ${result.why}`);
  const fail = (why: string): void => {
    const { state } = owner;
    owner.set({ ...state, retrained: { ...state.retrained, last: { kind: 'failed', why } } });
  };
  const admission = admit(owner.state);
  if (admission.kind === 'refuse') return fail(admission.why);
  try {
    await submit(owner, { spec: result.spec, who: `${who} (${id})` });
  } catch (error) {
    fail(String(error));
  }
}
