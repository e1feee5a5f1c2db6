import { createWriteStream } from 'node:fs';
import { access, mkdir, rename } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { gauss } from '../../guards/random';

const PER_OBJECT = 20_000;

/**
 * Writes captured records as data capture does: 5 categories, 5 counts, 10 measurements with five decimals, a score as the output. `shift`
 * moves three of the measurements by so many standard deviations. Seeded: the same rows come again.
 */
export async function writeCaptures(
  dir: string,
  of: { readonly rows: number; readonly seed: number; readonly shift: number }
): Promise<string> {
  const target = path.join(dir, `captures-${of.rows}-${of.seed}-${of.shift}`);
  const isThere = await access(target).then(
    () => true,
    () => false
  );
  if (isThere) return target;
  const random = randomOf(of.seed);
  for (let from = 0; from < of.rows; from += PER_OBJECT) {
    const hour = String(Math.floor(from / PER_OBJECT) % 24).padStart(2, '0');
    const day = String(7 + Math.floor(from / PER_OBJECT / 24)).padStart(2, '0');
    const folder = path.join(`${target}.part`, 'v1', '2030', '01', day, hour);
    await mkdir(folder, { recursive: true });
    const out = createWriteStream(path.join(folder, 'capture.jsonl'));
    const size = Math.min(PER_OBJECT, of.rows - from);
    for (let n = 0; n < size; n += 1) {
      const at = new Date(
        Date.UTC(2030, 0, Number(day), Number(hour)) + Math.floor((n * 3_600_000) / size)
      ).toISOString();
      if (
        !out.write(`${JSON.stringify(record({ random, shift: of.shift, id: from + n, at: `${at.slice(0, 19)}Z` }))}\n`)
      )
        await once(out, 'drain');
    }
    out.end();
    await once(out, 'close');
  }
  await rename(`${target}.part`, target);
  return target;
}

function record(of: {
  readonly random: () => number;
  readonly shift: number;
  readonly id: number;
  readonly at: string;
}): unknown {
  const { random, shift, id, at } = of;
  const normal = () => gauss(random);
  const cells = [
    ...Array.from({ length: 5 }, (_, n) => `k${Math.floor(random() ** 2 * (3 + 4 * n))}`),
    ...Array.from({ length: 5 }, (_, n) => String(Math.floor(-Math.log(1 - random()) * 10 ** ((n % 3) + 1)))),
    ...Array.from({ length: 10 }, (_, n) => (100 + n + 10 * (normal() + (n < 3 ? shift : 0))).toFixed(5)),
  ];
  const side = (mode: string, data: string) => ({ observedContentType: 'text/csv', mode, data, encoding: 'CSV' });
  return {
    captureData: {
      endpointInput: side('INPUT', cells.join(',')),
      endpointOutput: side('OUTPUT', `${random().toFixed(6)}\n`),
    },
    eventMetadata: {
      eventId: `00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`,
      inferenceId: `i${id}`,
      inferenceTime: at,
    },
    eventVersion: '0',
  };
}

/** Mulberry32: 32 bits of state are plenty here. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
