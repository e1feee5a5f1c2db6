/**
 * What an application calls instead of `InvokeEndpoint`: gives each call an inference id, counts outcomes by variant, and takes the
 * true labels when they are known. Nothing that was counted or labelled is lost or doubled while the process lives.
 */
export { createGateway, type Gateway, type GatewayOptions, type InvokeResult } from './gateway';
export type { InvokeRequest } from './invocation';
export { probeAttribute } from './probe';
export { formatGroundTruth, type Feedback } from './ground-truth';
export { countsPrefixes, parseCounts, type CountsDocument, type VariantCounts } from './counts-format';
export { latencyBoundsMs } from './latency-buckets';
