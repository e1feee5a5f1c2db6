import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What people filter and sort rollouts by in the Temporal UI and CLI. Never secrets: search attributes are not encrypted.
 * The cluster has to know them before a workflow may set them (`worker/search-attributes` registers and checks).
 */

/** The SageMaker endpoint whose rollout this is. */
export const SLUICE_ENDPOINT = defineSearchAttributeKey('SluiceEndpoint', SearchAttributeType.KEYWORD);
/** Name of the candidate version. */
export const SLUICE_CANDIDATE = defineSearchAttributeKey('SluiceCandidate', SearchAttributeType.KEYWORD);
/** Phase of the rollout, as `status` shows it. */
export const SLUICE_PHASE = defineSearchAttributeKey('SluicePhase', SearchAttributeType.KEYWORD);
/** What the guards last said together. */
export const SLUICE_VERDICT = defineSearchAttributeKey('SluiceVerdict', SearchAttributeType.KEYWORD);
/** Share of the traffic that the candidate is set to, in whole percent. */
export const SLUICE_SHARE_PCT = defineSearchAttributeKey('SluiceSharePct', SearchAttributeType.INT);

export const SEARCH_ATTRIBUTE_KEYS = [
  SLUICE_ENDPOINT,
  SLUICE_CANDIDATE,
  SLUICE_PHASE,
  SLUICE_VERDICT,
  SLUICE_SHARE_PCT,
] as const;
