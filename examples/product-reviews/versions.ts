import { readFileSync } from 'node:fs';
import path from 'node:path';
import lexicon from 'sentiment/languages/en/labels.json';
import type { ArtifactFile } from './artifact';
import type { Review, ReviewSplit } from './data';
import { codeDir, loadInference, loadLinear, predictor } from './inference-code';
import { trainLinear } from './train';

/** The versions that the example rolls out, in order; v3 and v4 are the ones that must not get through. */
export const versionNames = ['v1', 'v2', 'v3', 'v4'] as const;
export type VersionName = (typeof versionNames)[number];

export interface ModelVersion {
  readonly name: VersionName;
  readonly files: readonly ArtifactFile[];
  readonly quality: Quality;
}

/** Measured on reviews that no version was trained on. */
export interface Quality {
  readonly reviews: number;
  /** Right answers among the answered, 0–1. */
  readonly accuracy: number;
  /** Share of reviews that make the model's code throw, 0–1. */
  readonly errorRate: number;
}

/** Every file of `code/` that an artifact needs besides its `inference.js`. */
const helpersOf: Readonly<Record<VersionName, readonly string[]>> = {
  v1: [],
  v2: ['linear.js'],
  v3: ['linear.js', 'cleaning.js'],
  v4: ['linear.js'],
};

/** Trains, measures through the artifact's own code, and lists each version's files. Takes a fraction of a second. */
export function buildVersions(reviews: ReviewSplit): readonly ModelVersion[] {
  const linear = trainLinear(reviews.training, loadLinear());
  return versionNames.map((name) => {
    const model = name === 'v1' ? { lexicon } : linear;
    return { name, files: filesOf(name, model), quality: measure(name, model, reviews.heldOut) };
  });
}

function filesOf(name: VersionName, model: unknown): readonly ArtifactFile[] {
  const source = (file: string): string => readFileSync(path.join(codeDir, file), 'utf8');
  return [
    { path: 'model.json', content: JSON.stringify(model) },
    { path: 'code/inference.js', content: source(`${name}.js`) },
    ...helpersOf[name].map((file) => ({ path: `code/${file}`, content: source(file) })),
  ];
}

function measure(name: VersionName, model: unknown, reviews: readonly Review[]): Quality {
  const predict = predictor(loadInference(`${name}.js`), model);
  let right = 0;
  let thrown = 0;
  for (const review of reviews) {
    try {
      if (predict(review.text).label === review.label) right++;
    } catch {
      // What the container would answer with status 500.
      thrown++;
    }
  }
  return { reviews: reviews.length, accuracy: right / (reviews.length - thrown), errorRate: thrown / reviews.length };
}
