const NEWLINE = 10;

/** One line with its place in the object; the line feed belongs to it. */
export interface Line {
  readonly from: number;
  readonly to: number;
  /** Null where it is longer than asked for: such a line is passed over, not held. */
  readonly bytes: Buffer | null;
}

interface Asked {
  /** Where in its object the stream begins. */
  readonly from: number;
  /** A line above this is told without its bytes. */
  readonly mostBytes: number;
}

/** The lines of a stream, for who takes them one by one. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, asked: Asked): AsyncGenerator<Line> {
  const cutter = new LineCutter(asked);
  for await (const chunk of chunks) yield* cutter.cut(chunk);
  yield* cutter.rest();
}

/** Tells of every line of a stream. Several times faster than `linesOf`, where each of millions of lines waits for a turn of its own. */
export async function eachLine(chunks: AsyncIterable<Buffer>, asked: Asked, tell: (line: Line) => void): Promise<void> {
  const cutter = new LineCutter(asked);
  for await (const chunk of chunks) for (const line of cutter.cut(chunk)) tell(line);
  for (const line of cutter.rest()) tell(line);
}

class LineCutter {
  #open: Buffer[] = [];
  #isTooLong = false;
  #start: number;
  #at: number;
  readonly #mostBytes: number;

  constructor({ from, mostBytes }: Asked) {
    this.#start = from;
    this.#at = from;
    this.#mostBytes = mostBytes;
  }

  /** The lines that end in a chunk; to be read to their end before the next chunk. */
  *cut(chunk: Buffer): Generator<Line> {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      yield this.#line(this.#at + end + 1, chunk.subarray(begin, end + 1));
      begin = end + 1;
    }
    this.#at += chunk.length;
    this.#isTooLong ||= this.#at - this.#start > this.#mostBytes;
    if (this.#isTooLong) this.#open = [];
    // A copy, because the rest of the chunk would be held with it.
    else if (begin < chunk.length) this.#open.push(Buffer.from(chunk.subarray(begin)));
  }

  /** The last line, where nothing ends it. */
  *rest(): Generator<Line> {
    if (this.#at > this.#start) yield this.#line(this.#at, Buffer.alloc(0));
  }

  #line(to: number, end: Buffer): Line {
    const from = this.#start;
    const isTooLong = this.#isTooLong || to - from > this.#mostBytes;
    const bytes = isTooLong ? null : this.#open.length === 0 ? end : Buffer.concat([...this.#open, end]);
    this.#start = to;
    this.#isTooLong = false;
    if (this.#open.length > 0) this.#open = [];
    return { from, to, bytes };
  }
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
