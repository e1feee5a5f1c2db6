import { gzipSync } from 'fflate';
import { Header } from 'tar';

export interface ArtifactFile {
  readonly path: string;
  readonly content: string;
}

const BLOCK_BYTES = 512;
const FIXED_TIME = new Date(0);

/**
 * A `model.tar.gz` whose bytes depend on the files alone: no clock, no user, no file order, and a compressor in JavaScript,
 * so that every machine makes the same one. An artifact that did not change keeps its checksum.
 */
export function packArtifact(files: readonly ArtifactFile[]): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const end = Buffer.alloc(2 * BLOCK_BYTES);
  const archive = Buffer.concat([...sorted.flatMap(entry), end]);
  return gzipSync(archive, { level: 6, mtime: FIXED_TIME });
}

function entry(file: ArtifactFile): Buffer[] {
  const content = Buffer.from(file.content, 'utf8');
  const header = Buffer.alloc(BLOCK_BYTES);
  const needsPax = new Header({
    path: file.path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    mtime: FIXED_TIME,
    type: 'File',
  }).encode(header, 0);
  if (needsPax) throw new Error(`The path ${file.path} does not fit into a ustar header.`);
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  return [header, content, padding];
}
