/** Everything a worker can run. */
export { endpoint } from './endpoint';
export { rollout } from './rollout';
