import { createRequire } from 'node:module';
import path from 'node:path';
import type { Label } from './data';

/** The hooks that an artifact's `code/inference.js` exports, in the order in which the server calls them. */
export interface InferenceCode {
  /** Prepares `model.json` for serving, once. */
  load(model: unknown): unknown;
  /** Text to features. */
  transform(text: string, model: unknown): unknown;
  predict(features: unknown, model: unknown): unknown;
  output(prediction: unknown): Prediction;
}

export interface Prediction {
  readonly label: Label;
  /** How sure the model is of the label, 0.5–1. */
  readonly score: number;
}

export interface SparseVector {
  readonly index: readonly number[];
  readonly value: readonly number[];
}

/** What training shares with serving: the file `code/linear.js` of the artifact. */
export interface LinearCode {
  terms(text: string): string[];
  vectorise(terms: readonly string[], vocabulary: ReadonlyMap<string, number>, idf: readonly number[]): SparseVector;
  logistic(features: SparseVector, weights: Float64Array | readonly number[], bias: number): number;
}

/** Folder of the artifacts' JavaScript, which is shipped as it stands. */
export const codeDir = path.join(__dirname, 'code');

const load = createRequire(__filename);

/** @throws if the file lacks a hook */
export function loadInference(file: string): InferenceCode {
  const code: unknown = load(path.join(codeDir, file));
  if (!hasFunctions<InferenceCode>(code, ['load', 'transform', 'predict', 'output'])) throw lacksHooks(file);
  return code;
}

/** @throws if the file lacks a function */
export function loadLinear(): LinearCode {
  const code: unknown = load(path.join(codeDir, 'linear.js'));
  if (!hasFunctions<LinearCode>(code, ['terms', 'vectorise', 'logistic'])) throw lacksHooks('linear.js');
  return code;
}

/** One text through all hooks, as the container does it. */
export function predictor(code: InferenceCode, model: unknown): (text: string) => Prediction {
  const loaded = code.load(model);
  return (text) => code.output(code.predict(code.transform(text, loaded), loaded));
}

function hasFunctions<T>(code: unknown, names: readonly (keyof T & string)[]): code is T {
  if (typeof code !== 'object' || code === null) return false;
  const functions = new Map(Object.entries(code).filter(([, value]) => typeof value === 'function'));
  return names.every((name) => functions.has(name));
}

function lacksHooks(file: string): Error {
  return new Error(`${path.join(codeDir, file)} does not export the functions that an artifact needs.`);
}
