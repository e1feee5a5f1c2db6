/** Everything a worker can run. */
export { endpoint } from './endpoint';
export { release } from './release';
export { registryPoll } from './registry-poll';
export { retirement } from './retirement';
export { rollout } from './rollout';
