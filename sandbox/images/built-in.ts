import path from 'node:path';
import type { ImageMap } from '../fleet/images';

/** Images that the sandbox brings itself, under the repository names that AWS's own algorithms have in every region's registry. */
const BUILT_IN: ImageMap = {
  '*linear-learner:*': { command: [process.execPath, path.join(__dirname, 'linear-learner', 'serve.js')] },
};

/** A user's images with the built-in ones behind them: what the user names, the user decides. */
export function withBuiltInImages(images: ImageMap): ImageMap {
  return { ...images, ...Object.fromEntries(Object.entries(BUILT_IN).filter(([pattern]) => !(pattern in images))) };
}
