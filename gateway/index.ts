/**
 * What an application calls instead of `InvokeEndpoint`: assigns users to variants as the rollout says, gives each call an inference id, counts
 * outcomes by variant, and takes labels and business events when they are known. Nothing that was counted or told is lost or doubled while the process lives.
 */
export { createGateway, type Gateway } from './gateway';
export type { GatewayOptions, InvokeRequest, InvokeResult } from './options';
export { probeAttribute } from './probe';
export { formatGroundTruth, type Label } from './ground-truth';
export { InvalidFeedback, type EventFeedback, type Feedback } from './feedback';
export { hourPrefixes } from './s3-location';
export { parseCounts, type CountsDocument, type VariantCounts } from './counts-format';
export { latencyBoundsMs } from './latency-buckets';
export {
  compileTransforms,
  transformFiles,
  type TransformDefinition,
  type TransformStep,
} from './transform/transforms';
export { checkTransforms, type TransformCheck } from './transform/check';
export { askEndpoint } from './transform/ask';
