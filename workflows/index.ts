/** Everything a worker can run. */
export { endpoint } from './endpoint';
export { release } from './release';
export { rollout } from './rollout';
