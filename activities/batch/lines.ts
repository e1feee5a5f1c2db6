const NEWLINE = 10;

/** One line with its place in the object; the line feed belongs to it. */
export interface Line {
  readonly from: number;
  readonly to: number;
  /** Null where it is longer than asked for: such a line is passed over, not held. */
  readonly bytes: Buffer | null;
}

/** The lines of a stream that begins at `from` of its object. A line above `mostBytes` is told without its bytes. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  { from, mostBytes }: { readonly from: number; readonly mostBytes: number }
): AsyncGenerator<Line> {
  let open: Buffer[] = [];
  let start = from;
  let at = from;
  let isTooLong = false;
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      const rest = chunk.subarray(begin, end + 1);
      const to = at + end + 1;
      isTooLong ||= to - start > mostBytes;
      yield { from: start, to, bytes: isTooLong ? null : open.length === 0 ? rest : Buffer.concat([...open, rest]) };
      [open, start, begin, isTooLong] = [[], to, end + 1, false];
    }
    at += chunk.length;
    isTooLong ||= at - start > mostBytes;
    if (isTooLong) open = [];
    // A copy, because the rest of the chunk would be held with it.
    else if (begin < chunk.length) open.push(Buffer.from(chunk.subarray(begin)));
  }
  if (at > start) yield { from: start, to: at, bytes: isTooLong ? null : Buffer.concat(open) };
}

/** How many lines there are, and whether the last one is ended; looks at nothing else. */
export async function countLines(
  chunks: AsyncIterable<Buffer>
): Promise<{ readonly lines: number; readonly isEnded: boolean }> {
  let lines = 0;
  let last = NEWLINE;
  for await (const chunk of chunks) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
    last = chunk.at(-1) ?? last;
  }
  const isEnded = last === NEWLINE;
  return { lines: lines + (isEnded ? 0 : 1), isEnded };
}
