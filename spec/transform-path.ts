const NAME = String.raw`\.(?:[^.[\]'*]+|\*)`;
const LIST = String.raw`'[^']*'(?:\s*,\s*'[^']*')*`;
const INDEXES = String.raw`-?\d+(?:\s*,\s*-?\d+)*`;
const SLICE = String.raw`(?:-?\d+)?\s*:\s*(?:-?\d+)?`;
const PATH = new RegExp(String.raw`^\$(?:${NAME}|\.?\[\s*(?:\*|${LIST}|${INDEXES}|${SLICE})\s*\])*$`);

/** Whether transform jobs take this JSONPath (SageMaker's guide, "Associate Prediction Results with Input Records"). */
export function isTransformPath(text: string): boolean {
  return PATH.test(text);
}
