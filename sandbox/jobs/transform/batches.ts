import { BadObject } from './bad-object';
import type { JsonValue } from './json-path';
import type { Processing } from './records';
import { readRecord, sentRecord } from './records';

/** What one request holds. */
export interface Batch {
  readonly body: Buffer;
  /** The records as they were in the input; empty where nobody asks for them. */
  readonly records: readonly JsonValue[];
}

/** Puts records together: one a request, or as many as fit. Throws BadObject for a record that does not fit alone. */
export async function* batchesOf(
  records: AsyncIterable<Buffer>,
  of: { readonly processing: Processing | undefined; readonly isMulti: boolean; readonly limitBytes: number }
): AsyncGenerator<Batch> {
  const { processing, isMulti, limitBytes } = of;
  let bodies: Buffer[] = [];
  let inputs: JsonValue[] = [];
  let size = 0;
  for await (const bytes of records) {
    const input = processing && readRecord(processing, bytes);
    const sent = processing && input !== undefined ? sentRecord(processing, input, bytes) : bytes;
    if (sent.length > limitBytes)
      throw new BadObject(`A record is larger than the maximum payload of ${limitBytes} bytes (MaxPayloadInMB).`);
    if (bodies.length > 0 && (!isMulti || size + sent.length > limitBytes)) {
      yield { body: Buffer.concat(bodies), records: inputs };
      bodies = [];
      inputs = [];
      size = 0;
    }
    bodies.push(sent);
    if (input !== undefined) inputs.push(input);
    size += sent.length;
  }
  if (bodies.length > 0) yield { body: Buffer.concat(bodies), records: inputs };
}
