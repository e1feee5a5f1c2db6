import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ImageMap } from '../fleet/images';

/** Images that the sandbox brings itself, under the repository names that AWS's own algorithms have in every region's registry. */
const BUILT_IN: ImageMap = {
  '*linear-learner:*': program('linear-learner', 'serve.js'),
  '*sagemaker-model-monitor-analyzer*': analyzer(),
  '*sagemaker-clarify-processing*': analyzer(),
  '*sluice-monitor*': analyzer(),
  '*sagemaker-model-monitor-groundtruth-merger*': program('model-monitor', 'merge.js'),
};

function program(image: string, file: string): ImageMap[string] {
  return { command: [process.execPath, path.join(__dirname, image, file)] };
}

/** The container's program of the monitors; compiled, it stands beside the sandbox's own. */
function analyzer(): ImageMap[string] {
  const program = path.join('monitors', 'container', 'main.js');
  const root = path.join(__dirname, '..', '..');
  const beside = path.join(root, program);
  return { command: [process.execPath, existsSync(beside) ? beside : path.join(root, 'dist', program)] };
}

/** A user's images with the built-in ones behind them: what the user names, the user decides. */
export function withBuiltInImages(images: ImageMap): ImageMap {
  return { ...images, ...Object.fromEntries(Object.entries(BUILT_IN).filter(([pattern]) => !(pattern in images))) };
}
