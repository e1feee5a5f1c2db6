import type { S3Client } from '@aws-sdk/client-s3';
import { partName, placeOf, runPlaces } from './addresses';
import { contentBytes, isPacked, pieceContent } from './content';
import { inParallel } from './documents';
import { Cursor, writePacked } from './packed';
import type { PartObject, Piece } from './pieces';
import type { PartContext } from './types';
import { copyStretches } from './writer';

const COPIES_AT_ONCE = 8;
/** Packing keeps a core busy. */
const PACKED_AT_ONCE = 2;

/** Pieces that are to be, by what they are cut out of: an object, or a piece that failed. */
export interface Cuts {
  readonly round: number;
  readonly objects: readonly PartObject[];
  readonly cuts: readonly { readonly out: Piece; readonly pieces: readonly Piece[] }[];
  readonly onCopy: () => void;
}

/**
 * Gives every piece that is no whole object a copy of its own. A manifest names objects of one bucket, so where copies are needed and the
 * results' bucket is another one, whole objects are copied, too.
 */
export async function cutPieces(s3: S3Client, context: PartContext, of: Cuts): Promise<readonly Piece[]> {
  const { bucket, work } = runPlaces(context);
  const isSameBucket = bucket === placeOf(context.opened.input).bucket;
  const isWhole = ({ object, from, to }: Piece): boolean => {
    const source = of.objects[object];
    return source !== undefined && from === 0 && to === contentBytes(source);
  };
  const allWhole = of.cuts.every(({ pieces }) => pieces.every(isWhole));
  let index = 0;
  const cuts = of.cuts.map(({ out, pieces }) => ({
    out,
    pieces: pieces.map((piece) => {
      const stays = isWhole(piece) && (allWhole || isSameBucket);
      const name = `${String(index++).padStart(6, '0')}${isPacked(context) ? '.gz' : ''}`;
      const slice = `${work}slices/${partName(context.part)}/r${of.round}/${name}`;
      return { ...piece, slice: stays ? null : slice };
    }),
  }));
  if (isPacked(context)) return cutPacked(s3, context, { ...of, cuts });
  const all = cuts.flatMap(({ pieces }) => pieces);
  await inParallel(
    all.filter((piece) => piece.slice !== null),
    COPIES_AT_ONCE,
    async ({ slice, object, from, to }) => {
      const source = sourceOf(of, object);
      if (slice === null) return;
      const place = { bucket: placeOf(context.opened.input).bucket, key: source.key };
      await copyStretches(s3, { bucket, key: slice }, [
        { ...place, from, to, isWhole: from === 0 && to === source.bytes },
      ]);
      of.onCopy();
    }
  );
  return all;
}

/** What is packed is unpacked once from its beginning, and each of its pieces packed again: a job takes either all of its objects packed, or none. */
async function cutPacked(s3: S3Client, context: PartContext, of: Cuts): Promise<readonly Piece[]> {
  const { bucket } = runPlaces(context);
  const sizes = new Map<Piece, number>();
  await inParallel(
    of.cuts.filter(({ pieces }) => pieces.some(({ slice }) => slice !== null)),
    PACKED_AT_ONCE,
    async ({ out, pieces }) => {
      const content = new Cursor(pieceContent(s3, context, { piece: out, object: sourceOf(of, out.object) }), out.from);
      try {
        for (const piece of pieces) {
          if (piece.slice === null) continue;
          const part = content.between(piece.from, piece.to);
          sizes.set(piece, await writePacked(s3, { bucket, key: piece.slice }, part));
          of.onCopy();
        }
      } finally {
        await content.close();
      }
    }
  );
  return of.cuts.flatMap(({ pieces }) =>
    pieces.map((piece) => {
      const packedBytes = sizes.get(piece);
      return packedBytes === undefined ? piece : { ...piece, packedBytes };
    })
  );
}

function sourceOf({ objects }: Cuts, object: number): PartObject {
  const source = objects[object];
  if (source === undefined) throw new Error('a piece of an object that its part does not have');
  return source;
}
