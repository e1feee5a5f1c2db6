import { monitorAsSageMaker } from './monitor';
import type { Place } from './place';
import { say } from './place';
import { doTask, hasTask } from './task';

/** The container's program: a monitor of Sluice's own, or whatever SageMaker's monitoring images are asked to do. */
async function main(): Promise<void> {
  const { env } = process;
  const place: Place = {
    base: env['SAGEMAKER_BASE_DIR'] ?? '/opt/ml',
    env,
    host: env['SAGEMAKER_CONTAINER_HOSTNAME'] ?? 'algo-1',
  };
  try {
    const message = await ((await hasTask(place)) ? doTask(place) : monitorAsSageMaker(place));
    await say(place, message);
    console.log(message);
  } catch (error) {
    console.error(error);
    await say(place, `Error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

void main();
