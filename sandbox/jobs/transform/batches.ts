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

/** Puts records together: one a request, or as many as fit. */
export class Batcher {
  #bodies: Buffer[] = [];
  #inputs: JsonValue[] = [];
  #bytes = 0;

  constructor(
    private readonly of: {
      readonly processing: Processing | undefined;
      readonly isMulti: boolean;
      readonly limitBytes: number;
    }
  ) {}

  /** Takes a record; returns what is full. Throws BadObject for a record that does not fit alone. */
  add(bytes: Buffer): Batch | undefined {
    const { processing, isMulti, limitBytes } = this.of;
    const input = processing && readRecord(processing, bytes);
    const sent = processing && input !== undefined ? sentRecord(processing, input, bytes) : bytes;
    if (sent.length > limitBytes)
      throw new BadObject(`A record is larger than the maximum payload of ${limitBytes} bytes (MaxPayloadInMB).`);
    if (!isMulti) return { body: sent, records: input === undefined ? [] : [input] };
    const full = this.#bytes + sent.length > limitBytes ? this.rest() : undefined;
    this.#bodies.push(sent);
    if (input !== undefined) this.#inputs.push(input);
    this.#bytes += sent.length;
    return full;
  }

  /** What is not full at the end. */
  rest(): Batch | undefined {
    if (this.#bodies.length === 0) return undefined;
    const batch = { body: Buffer.concat(this.#bodies), records: this.#inputs };
    [this.#bodies, this.#inputs, this.#bytes] = [[], [], 0];
    return batch;
  }
}
