import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM: a random 96-bit nonce for each payload and a 128-bit tag (NIST SP 800-38D); a key is good for 2³² payloads. */
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENCODING = 'binary/encrypted';
/** The convention of Temporal's own samples, so that other tools know what they see. */
const KEY_ID = 'encryption-key-id';

const { Payload: PayloadMessage } = temporal.api.common.v1;

/** Keys by their ids; the first one encrypts, all decrypt, so that keys can be changed while histories live on. */
export interface PayloadKeys {
  readonly current: string;
  readonly byId: ReadonlyMap<string, Buffer>;
}

/** Keys written as `id:base64[,id:base64…]`; null when the text is no such list. Ids are shown in histories, keys nowhere. */
export function parsePayloadKeys(text: string): PayloadKeys | null {
  const byId = new Map<string, Buffer>();
  for (const one of text.split(',')) {
    const [, id, secret] = /^\s*([\w.-]{1,64}):([A-Za-z0-9+/]+={0,2})\s*$/.exec(one) ?? [];
    const key = Buffer.from(secret ?? '', 'base64');
    if (id === undefined || key.length !== KEY_BYTES || byId.has(id)) return null;
    byId.set(id, key);
  }
  const [current] = byId.keys();
  return current === undefined ? null : { current, byId };
}

/** A payload that was encrypted with a key that is not at hand, or that is not what was encrypted. */
export class UndecipherablePayload extends Error {
  override readonly name = 'UndecipherablePayload';
}

/** Encrypts everything that goes to Temporal, and decrypts what comes back; payloads from before there was a key are read as they are. */
export class EncryptingCodec implements PayloadCodec {
  constructor(private readonly keys: PayloadKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypt(payload));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) =>
      textOf(payload.metadata?.['encoding']) === ENCODING ? this.decrypt(payload) : payload
    );
  }

  private encrypt(payload: Payload): Payload {
    const { current } = this.keys;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.keyOf(current), nonce);
    cipher.setAAD(Buffer.from(current));
    const sealed = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
    return {
      metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(current) },
      data: Buffer.concat([nonce, cipher.getAuthTag(), sealed]),
    };
  }

  private decrypt({ metadata, data }: Payload): Payload {
    const id = textOf(metadata?.[KEY_ID]);
    const bytes = Buffer.from(data ?? new Uint8Array());
    const decipher = createDecipheriv(CIPHER, this.keyOf(id), bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(id));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const open = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return PayloadMessage.decode(open);
    } catch (cause) {
      throw new UndecipherablePayload(
        `A payload does not open with the key ${id}: it was changed, or encrypted with another key of that name.`,
        { cause }
      );
    }
  }

  private keyOf(id: string): Buffer {
    const key = this.keys.byId.get(id);
    if (key === undefined)
      throw new UndecipherablePayload(
        `A payload was encrypted with the key ${id}, and SLUICE_PAYLOAD_KEY has ${[...this.keys.byId.keys()].join(', ')}. Add it there.`
      );
    return key;
  }
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}
