/** A reflected CRC as S3 uses them: all-ones start value and final complement. */
export interface CrcAlgorithm {
  readonly widthBits: 32 | 64;
  /** Reversed (least significant bit first) generator polynomial. */
  readonly polynomial: bigint;
}

/** IEEE 802.3. */
export const CRC32: CrcAlgorithm = { widthBits: 32, polynomial: 0xedb88320n };
/** Castagnoli, RFC 3720. */
export const CRC32C: CrcAlgorithm = { widthBits: 32, polynomial: 0x82f63b78n };
/** NVM Express base specification, section 5.2.1.3.4. */
export const CRC64NVME: CrcAlgorithm = { widthBits: 64, polynomial: 0x9a6c9329ac4bc9b5n };

/** Running CRC of a byte stream. */
export interface Crc {
  update(bytes: Uint8Array): void;
  /** Big-endian, 4 or 8 bytes; the stream may go on afterwards. */
  digest(): Buffer;
}

/** Bytes folded per step: with a table each, one step costs one load a byte and no chain between them. */
const SLICES = 8;

interface Tables {
  readonly low: readonly Int32Array[];
  readonly high: readonly Int32Array[];
}

const tablesOf = new Map<CrcAlgorithm, Tables>();

function tables(algorithm: CrcAlgorithm): Tables {
  const known = tablesOf.get(algorithm);
  if (known) return known;
  const low = Array.from({ length: SLICES }, () => new Int32Array(256));
  const high = Array.from({ length: SLICES }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let slice = 0; slice < SLICES; slice++) {
      for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ algorithm.polynomial : value >> 1n;
      low[slice]?.set([Number(value & 0xffffffffn) | 0], byte);
      high[slice]?.set([Number(value >> 32n) | 0], byte);
    }
  }
  const made = { low, high };
  tablesOf.set(algorithm, made);
  return made;
}

/** Starts a CRC. */
export function createCrc(algorithm: CrcAlgorithm): Crc {
  return algorithm.widthBits === 32 ? crc32(algorithm) : crc64(algorithm);
}

function crc32(algorithm: CrcAlgorithm): Crc {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = eight(tables(algorithm).low);
  let state = -1;
  return {
    update(bytes) {
      let crc = state;
      let at = 0;
      // Typed-array reads inside the bounds never give undefined; the `!` keeps the loop free of checks.
      for (const end = bytes.length - 7; at < end; at += 8) {
        const word = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
        crc =
          t7[word & 255]! ^
          t6[(word >>> 8) & 255]! ^
          t5[(word >>> 16) & 255]! ^
          t4[word >>> 24]! ^
          t3[bytes[at + 4]!]! ^
          t2[bytes[at + 5]!]! ^
          t1[bytes[at + 6]!]! ^
          t0[bytes[at + 7]!]!;
      }
      for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!;
      state = crc;
    },
    digest() {
      const out = Buffer.alloc(4);
      out.writeInt32BE(~state);
      return out;
    },
  };
}

function crc64(algorithm: CrcAlgorithm): Crc {
  const { low, high } = tables(algorithm);
  const [l0, l1, l2, l3, l4, l5, l6, l7] = eight(low);
  const [h0, h1, h2, h3, h4, h5, h6, h7] = eight(high);
  let stateLow = -1;
  let stateHigh = -1;
  return {
    update(bytes) {
      let lo = stateLow;
      let hi = stateHigh;
      let at = 0;
      for (const end = bytes.length - 7; at < end; at += 8) {
        const a = lo ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
        const b = hi ^ (bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24));
        const [a0, a1, a2, a3] = [a & 255, (a >>> 8) & 255, (a >>> 16) & 255, a >>> 24];
        const [b0, b1, b2, b3] = [b & 255, (b >>> 8) & 255, (b >>> 16) & 255, b >>> 24];
        lo = l7[a0]! ^ l6[a1]! ^ l5[a2]! ^ l4[a3]! ^ l3[b0]! ^ l2[b1]! ^ l1[b2]! ^ l0[b3]!;
        hi = h7[a0]! ^ h6[a1]! ^ h5[a2]! ^ h4[a3]! ^ h3[b0]! ^ h2[b1]! ^ h1[b2]! ^ h0[b3]!;
      }
      for (; at < bytes.length; at++) {
        const index = (lo ^ bytes[at]!) & 255;
        lo = ((lo >>> 8) | (hi << 24)) ^ l0[index]!;
        hi = (hi >>> 8) ^ h0[index]!;
      }
      stateLow = lo;
      stateHigh = hi;
    },
    digest() {
      const out = Buffer.alloc(8);
      out.writeInt32BE(~stateHigh, 0);
      out.writeInt32BE(~stateLow, 4);
      return out;
    },
  };
}

type Eight = readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function eight(list: readonly Int32Array[]): Eight {
  const [a, b, c, d, e, f, g, h] = list;
  if (!a || !b || !c || !d || !e || !f || !g || !h) throw new Error('A sliced CRC needs eight tables.');
  return [a, b, c, d, e, f, g, h];
}
