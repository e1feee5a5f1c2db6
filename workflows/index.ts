/** Everything a worker can run. */
export { batch } from './batch';
export { baseline } from './baseline';
export { endpoint } from './endpoint';
export { release } from './release';
export { registryPoll } from './registry-poll';
export { monitor } from './monitor';
export { retirement } from './retirement';
export { retraining } from './retraining';
export { rollout } from './rollout';
