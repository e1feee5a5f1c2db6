import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { create } from 'tar';

export interface Example {
  readonly features: readonly number[];
  readonly label: 0 | 1;
}

/** The artifact of the sandbox's linear learner, as `docs/sandbox-images.md` describes it. */
export interface LinearArtifact {
  readonly format: 'sandbox-linear-learner';
  readonly version: 1;
  readonly predictorType: 'binary_classifier';
  readonly weights: readonly number[];
  readonly bias: number;
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** Logistic regression by gradient descent on the whole set; features are standardised first. */
export function trainLinear(examples: readonly Example[], { rounds = 300, rate = 0.5 } = {}): LinearArtifact {
  const width = examples[0]?.features.length ?? 0;
  const columns = Array.from({ length: width }, (_, at) => examples.map(({ features }) => features[at] ?? 0));
  const mean = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const scale = columns.map((column, at) => {
    const variance = column.reduce((sum, value) => sum + (value - (mean[at] ?? 0)) ** 2, 0) / column.length;
    return Math.sqrt(variance) || 1;
  });
  const rows = examples.map(({ features }) =>
    features.map((value, at) => (value - (mean[at] ?? 0)) / (scale[at] ?? 1))
  );
  let weights: readonly number[] = mean.map(() => 0);
  let bias = 0;
  for (let round = 0; round < rounds; round += 1) {
    const gradient = mean.map(() => 0);
    let biasGradient = 0;
    rows.forEach((row, index) => {
      const error = sigmoid(dot(weights, row) + bias) - (examples[index]?.label ?? 0);
      row.forEach((value, at) => (gradient[at] = (gradient[at] ?? 0) + error * value));
      biasGradient += error;
    });
    weights = weights.map((weight, at) => weight - (rate * (gradient[at] ?? 0)) / rows.length);
    bias -= (rate * biasGradient) / rows.length;
  }
  return {
    format: 'sandbox-linear-learner',
    version: 1,
    predictorType: 'binary_classifier',
    weights,
    bias,
    mean,
    scale,
  };
}

/** What the trained model must answer, computed here and not by the server. */
export function scoreOf(model: LinearArtifact, features: readonly number[]): number {
  const standard = features.map((value, at) => (value - (model.mean[at] ?? 0)) / (model.scale[at] ?? 1));
  return sigmoid(dot(model.weights, standard) + model.bias);
}

/** A `model.tar.gz` with these files. */
export async function modelArchive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'model-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(dir, name), content);
    const file = path.join(dir, 'model.tar.gz');
    await create({ gzip: true, cwd: dir, file }, Object.keys(files));
    return readFileSync(file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function sigmoid(margin: number): number {
  return 1 / (1 + Math.exp(-margin));
}
