import type { DataConverter } from '@temporalio/common';
import path from 'node:path';
import { InvalidSetting } from './config';
import type { Environment } from './config';
import { EncryptingCodec, parsePayloadKeys } from './payload-codec';

/** Sources under jest, compiled files in dist/. */
const EXTENSION = path.extname(__filename);

/** Bundled into workflows and loaded by worker and clients. */
const FAILURE_CONVERTER = path.resolve(__dirname, '..', 'workflows', `failure-converter${EXTENSION}`);

/** How payloads are written: encrypted with the keys of `SLUICE_PAYLOAD_KEY`, or as plain JSON (undefined) without. Worker and clients must agree. */
export function dataConverterOf(env: Environment): DataConverter | undefined {
  const text = env.SLUICE_PAYLOAD_KEY;
  if (text === undefined || text === '') return undefined;
  const keys = parsePayloadKeys(text);
  // The setting is a secret: what was found is not repeated.
  if (keys === null)
    throw new InvalidSetting('SLUICE_PAYLOAD_KEY', '…', [
      'id:base64 of 32 bytes, several with commas, the one to encrypt with first',
    ]);
  return { payloadCodecs: [new EncryptingCodec(keys)], failureConverterPath: FAILURE_CONVERTER };
}
