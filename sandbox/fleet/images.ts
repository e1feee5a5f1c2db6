import { globMatches } from '../engine/glob';

/** The process that stands in for an image. */
export interface ImageCommand {
  /** Program and arguments; `serve` is appended, as SageMaker does. `${SM_MODEL_DIR}` stands for the unpacked model's folder. */
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Image patterns (`*` and `?` as in file names) to commands; the first that matches counts. */
export type ImageMap = Readonly<Record<string, ImageCommand>>;

/**
 * Finds the command for an image. A pattern may match the whole image URI or what follows the registry host, so that
 * `reviews:*` serves `123456789012.dkr.ecr.us-east-1.amazonaws.com/reviews:8`.
 */
export function commandFor(images: ImageMap, image: string): ImageCommand | undefined {
  const slash = image.indexOf('/');
  const host = slash < 0 ? '' : image.slice(0, slash);
  const names = /[.:]/.test(host) || host === 'localhost' ? [image, image.slice(slash + 1)] : [image];
  return Object.entries(images).find(([pattern]) => names.some((name) => globMatches(pattern, name)))?.[1];
}
