import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A member of a structure; a bare name when it says nothing but its shape. */
export type MemberFacts =
  | string
  | {
      readonly shape: string;
      readonly location?: 'header' | 'uri' | 'querystring';
      readonly locationName?: string;
      readonly idempotencyToken?: boolean;
      readonly jsonvalue?: boolean;
    };

export interface ShapeFacts {
  readonly type:
    | 'structure'
    | 'list'
    | 'map'
    | 'string'
    | 'integer'
    | 'long'
    | 'float'
    | 'double'
    | 'boolean'
    | 'timestamp'
    | 'blob';
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, MemberFacts>>;
  readonly member?: string;
  readonly key?: string;
  readonly value?: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly union?: boolean;
  readonly exception?: boolean;
  readonly error?: { readonly httpStatusCode?: number };
}

export interface OperationFacts {
  readonly input?: string;
  readonly output?: string;
  readonly errors: readonly string[];
}

/** The facts about one service that `tools/extract-model.py` took from the official model. */
export interface ServiceModel {
  readonly service: string;
  readonly apiVersion: string;
  readonly targetPrefix: string;
  readonly source: string;
  readonly operations: Readonly<Record<string, OperationFacts>>;
  readonly shapes: Readonly<Record<string, ShapeFacts>>;
  /** Operations that the service has and this subset does not describe. */
  readonly otherOperations: readonly string[];
}

const loaded = new Map<string, ServiceModel>();

/** Reads a vendored model once per process. */
export function loadModel(service: 'sagemaker' | 'sagemaker-runtime' | 'application-autoscaling'): ServiceModel {
  const known = loaded.get(service);
  if (known) return known;
  const model = JSON.parse(readFileSync(path.join(__dirname, 'model', `${service}.json`), 'utf8')) as ServiceModel;
  loaded.set(service, model);
  return model;
}

/** Throws for a name outside the model: the model refers only to shapes that it holds. */
export function shapeOf(model: ServiceModel, name: string): ShapeFacts {
  const shape = model.shapes[name];
  if (!shape) throw new Error(`the ${model.service} model has no shape ${name}`);
  return shape;
}

export function memberShapeName(member: MemberFacts): string {
  return typeof member === 'string' ? member : member.shape;
}
