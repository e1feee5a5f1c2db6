import { createCrc, CRC32 } from '../s3/integrity/crc';

/** Lengths before the headers: of the message, of the headers, and a checksum of both; four bytes each. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** The type of header values that are text. */
const STRING = 7;

/** One message in `application/vnd.amazon.eventstream`: lengths, headers, payload, and CRC-32 of the prelude and of the whole. */
export function eventMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const message = Buffer.alloc(PRELUDE_BYTES + head.length + payload.length + CHECKSUM_BYTES);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  crcOf(message.subarray(0, 8)).copy(message, 8);
  head.copy(message, PRELUDE_BYTES);
  payload.copy(message, PRELUDE_BYTES + head.length);
  crcOf(message.subarray(0, -CHECKSUM_BYTES)).copy(message, message.length - CHECKSUM_BYTES);
  return message;
}

/** A part of the model's answer. */
export function payloadPart(bytes: Buffer): Buffer {
  const headers = { ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream' };
  return eventMessage({ ...headers, ':message-type': 'event' }, bytes);
}

/** What ends a stream before its time, with the members of the modelled exception. */
export function streamException(type: string, members: Readonly<Record<string, string>>): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return eventMessage(headers, Buffer.from(JSON.stringify(members)));
}

function header(name: string, value: string): Buffer {
  const text = Buffer.from(value, 'utf8');
  const out = Buffer.alloc(1 + name.length + 3 + text.length);
  out.writeUInt8(name.length, 0);
  out.write(name, 1, 'latin1');
  out.writeUInt8(STRING, 1 + name.length);
  out.writeUInt16BE(text.length, 2 + name.length);
  text.copy(out, 4 + name.length);
  return out;
}

function crcOf(bytes: Buffer): Buffer {
  const crc = createCrc(CRC32);
  crc.update(bytes);
  return crc.digest();
}
