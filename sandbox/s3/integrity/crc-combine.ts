import type { CrcAlgorithm } from './crc';

/**
 * CRC of two byte strings laid end to end, from their CRCs and the length of the second alone.
 * So a multipart object gets its full-object checksum without being read again.
 */
export function combineCrc(algorithm: CrcAlgorithm, first: Buffer, second: { crc: Buffer; sizeBytes: number }): Buffer {
  const shift = shiftBy(algorithm, second.sizeBytes);
  const combined = multiply(algorithm, shift, toBigInt(first)) ^ toBigInt(second.crc);
  const hex = combined.toString(16).padStart(algorithm.widthBits / 4, '0');
  return Buffer.from(hex, 'hex');
}

/** Parts of one upload mostly share one length, so their operators are worth keeping. */
const KEPT_SHIFTS = 256;
const shifts = new Map<CrcAlgorithm, Map<number, bigint>>();

/** The operator x^(8n) mod P, which appends n zero bytes. */
function shiftBy(algorithm: CrcAlgorithm, sizeBytes: number): bigint {
  let kept = shifts.get(algorithm);
  if (!kept) shifts.set(algorithm, (kept = new Map<number, bigint>()));
  const known = kept.get(sizeBytes);
  if (known !== undefined) return known;
  const top = 1n << BigInt(algorithm.widthBits - 1);
  let result = top;
  let power = top >> 8n;
  for (let left = sizeBytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(algorithm, power, result);
    power = multiply(algorithm, power, power);
  }
  if (kept.size >= KEPT_SHIFTS) kept.clear();
  kept.set(sizeBytes, result);
  return result;
}

/** Product of two polynomials modulo the generator; the top bit stands for x^0 because the CRCs are reflected. */
function multiply(algorithm: CrcAlgorithm, a: bigint, b: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = 1n << BigInt(algorithm.widthBits - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ algorithm.polynomial : factor >> 1n;
  }
  return product;
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}
