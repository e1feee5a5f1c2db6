import { globMatches } from '../engine/glob';

/** The process that stands in for an image. */
export interface ImageCommand {
  /** Program and arguments; `serve` is appended, as SageMaker does. `${SM_MODEL_DIR}` stands for the unpacked model's folder. */
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** An image that Docker or Podman runs as it is. */
export interface EngineImage {
  /** `auto` takes the engine that is there. */
  readonly engine: 'auto' | 'docker' | 'podman';
  /** Image to run in place of the one that the model names. */
  readonly image?: string;
  /** Options of `docker run`, put before the image. */
  readonly options?: readonly string[];
}

/** Image patterns (`*` and `?` as in file names) to what runs for them; the first that matches counts. */
export type ImageMap = Readonly<Record<string, ImageCommand | EngineImage>>;

/**
 * Finds what runs for an image. A pattern may match the whole image URI or what follows the registry host, so that
 * `reviews:*` serves `123456789012.dkr.ecr.us-east-1.amazonaws.com/reviews:8`.
 */
export function commandFor(images: ImageMap, image: string): ImageCommand | EngineImage | undefined {
  const slash = image.indexOf('/');
  const host = slash < 0 ? '' : image.slice(0, slash);
  const names = /[.:]/.test(host) || host === 'localhost' ? [image, image.slice(slash + 1)] : [image];
  return Object.entries(images).find(([pattern]) => names.some((name) => globMatches(pattern, name)))?.[1];
}

/** As `commandFor`; where no pattern matches, a container engine that was asked for runs the image itself. */
export function imageFor(
  images: ImageMap,
  image: string,
  engine: EngineImage['engine'] | undefined
): ImageCommand | EngineImage | undefined {
  return commandFor(images, image) ?? (engine === undefined ? undefined : { engine });
}
