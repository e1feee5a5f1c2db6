import path from 'node:path';
import type { ImageMap } from '../sandbox/fleet/images';
import { readImageMap } from '../sandbox/image-map-file';
import { BadOptions } from '../sandbox/options';
import type { Surroundings } from './environment';
import { Mistake } from './mistakes';

/** What stands in for the container images of `examples/` in the sandbox: the same model servers, without Docker. */
export function exampleImages(): ImageMap {
  const container = path.join(__dirname, '..', 'examples', 'product-reviews', 'container');
  const running = (file: string) => ({ command: [process.execPath, path.join(container, file)] });
  return { 'product-reviews:*': running('serve.js'), 'product-reviews-transform:*': running('transform.js') };
}

/** The images of `examples/`, and those of a `sandbox.yaml` when one is given. Throws a `Mistake` for a file that is none. */
export function imagesFor(surroundings: Surroundings, file: string | undefined): ImageMap {
  if (file === undefined) return exampleImages();
  try {
    return { ...exampleImages(), ...readImageMap(path.resolve(surroundings.cwd, file)) };
  } catch (error) {
    if (error instanceof BadOptions) throw new Mistake(error.message, 2, { cause: error });
    throw error;
  }
}
