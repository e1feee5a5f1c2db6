/** Everything a worker can run. */
export { batch } from './batch';
export { endpoint } from './endpoint';
export { release } from './release';
export { registryPoll } from './registry-poll';
export { retirement } from './retirement';
export { rollout } from './rollout';
