import { setCurrentDetails } from '@temporalio/workflow';
import { ownerState } from '../rollout';
import type { EndpointState, EndpointStateV1 } from '../rollout';
import { ownerMarkdown } from '../report/owner';
import { inform } from './owner-talk';
import type { OwnerNews } from './owner-talk';

export interface EndpointInput {
  readonly endpoint: string;
  /** `false` for clusters where the search attributes cannot be registered. Default true. */
  readonly searchAttributes?: boolean;
  readonly carried: EndpointState | EndpointStateV1 | null;
}

/** Holds what the owner of one endpoint knows. */
export interface Owner {
  readonly endpoint: string;
  readonly searchAttributes: boolean;
  readonly state: EndpointState;
  set(next: EndpointState): void;
  /** Does what must not be cut off by the end of this run: a child that would be left unborn, a word that would not be said. */
  whole<T>(work: () => Promise<T>): Promise<T>;
  /** Something of that kind is under way. */
  readonly isBusy: boolean;
  /** Tells the workflow that asked for a rollout what becomes of it; nobody waits for that. */
  inform(follower: string | null, news: OwnerNews): void;
}

export function holdOwner({ endpoint, searchAttributes = true, carried }: EndpointInput): Owner {
  let state = ownerState(endpoint, carried);
  let underWay = 0;
  const owner: Owner = {
    endpoint,
    searchAttributes,
    get state() {
      return state;
    },
    set(next) {
      state = next;
      setCurrentDetails(ownerMarkdown(state));
    },
    async whole(work) {
      underWay++;
      try {
        return await work();
      } finally {
        underWay--;
      }
    },
    get isBusy() {
      return underWay > 0;
    },
    inform: (follower, news) => void owner.whole(() => inform(endpoint, follower, news)),
  };
  owner.set(state);
  return owner;
}
