import type { Document, Node, Pair, YAMLError } from 'yaml';
import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar, visit } from 'yaml';
import type { Complaint, Path } from './problem';

/** A stretch of the text, from line and column (both from 1), on one line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A YAML text with positions: what `yaml` parsed, and where each path stands in it. */
export interface RolloutDocument {
  readonly yaml: Document.Parsed;
  readonly errors: readonly YAMLError[];
  /** Where a complaint points to; what it rests on, or the nearest enclosing thing, when the path itself is not in the file. */
  place(complaint: Pick<Complaint, 'path' | 'about' | 'restsOn'>): Place;
  /** The text of the value at the path, when it is a scalar on one line. */
  source(path: Path): string | undefined;
  /** Place of `[from, to)` in the text, cut at the end of its first line. */
  between(from: number, to: number): Place;
  /** Whether the value at the path reaches over several lines although it is a scalar: an unclosed quote does. */
  isRunaway(path: Path): boolean;
}

interface Step {
  readonly node: Node | null;
  /** The pair that the last key of the path names, when the parent is a map. */
  readonly pair?: Pair;
}

/** Parses one document, tolerantly: what can be read is there beside the errors. */
export function openDocument(text: string): RolloutDocument {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const between = (from: number, to: number): Place => {
    const { line, col } = lines.linePos(from);
    const lineEnd = text.slice(from).search(/\r?\n|$/);
    return { line: Math.max(line, 1), column: Math.max(col, 1), length: Math.max(1, Math.min(to - from, lineEnd)) };
  };
  const spanOf = (node: unknown): readonly [number, number] | undefined => rangeOf(node, text);
  return {
    yaml,
    errors: [...yaml.errors, ...yaml.warnings],
    between,
    place: ({ path, about, restsOn = [] }) => {
      const present = [path, ...restsOn].find((place) => follow(yaml, place) !== undefined);
      const isElsewhere = about !== 'missing' && present !== undefined && present !== path;
      const span = isElsewhere
        ? spanFor(yaml, present, { about: 'key', spanOf })
        : spanFor(yaml, path, { about, spanOf });
      return span === undefined ? { line: 1, column: 1, length: 1 } : between(...span);
    },
    source: (path) => {
      const node = follow(yaml, path)?.node;
      const span = isScalar(node) ? spanOf(node) : undefined;
      const written = span && text.slice(...span);
      return written === undefined || written.includes('\n') ? undefined : written;
    },
    isRunaway: (path) => {
      const span = spanOf(follow(yaml, path)?.node);
      return span !== undefined && isScalar(follow(yaml, path)?.node) && text.slice(...span).includes('\n');
    },
  };
}

/** The last scalar that begins before the offset and reaches it: where an unclosed quote was opened. */
export function scalarReaching(yaml: Document.Parsed, offset: number): number | undefined {
  let start: number | undefined;
  visit(yaml, {
    Scalar: (_key, { range }) => {
      if (range && range[0] < offset && range[2] >= offset) start = range[0];
    },
  });
  return start;
}

/** Aliases that name no anchor. They are replaced by their own text, so that the rest can be read. */
export function cutLooseAliases(yaml: Document.Parsed): readonly { readonly name: string; readonly at: number }[] {
  const loose: { name: string; at: number }[] = [];
  visit(yaml, {
    Alias: (_key, node) => {
      if (node.resolve(yaml) !== undefined) return undefined;
      loose.push({ name: node.source, at: node.range?.[0] ?? 0 });
      const text = new Scalar(`*${node.source}`);
      if (node.range) text.range = node.range;
      return text;
    },
  });
  return loose;
}

function spanFor(
  yaml: Document.Parsed,
  path: Path,
  options: {
    readonly about: Complaint['about'];
    readonly spanOf: (node: unknown) => readonly [number, number] | undefined;
  }
): readonly [number, number] | undefined {
  const { about, spanOf } = options;
  const step = about === 'missing' ? undefined : follow(yaml, path);
  if (step === undefined) return ownerSpan(yaml, path, spanOf);
  const key = spanOf(step.pair?.key);
  const value = isEmpty(step.node) ? undefined : spanOf(step.node);
  return about === 'key' ? (key ?? value) : (value ?? key);
}

/** Key of the nearest thing around what is missing; first character of a list item or of the file, which have no key. */
function ownerSpan(
  yaml: Document.Parsed,
  path: Path,
  spanOf: (node: unknown) => readonly [number, number] | undefined
): readonly [number, number] | undefined {
  const owner = follow(yaml, path.slice(0, -1));
  if (owner === undefined) return ownerSpan(yaml, path.slice(0, -1), spanOf);
  const key = spanOf(owner.pair?.key);
  const start = spanOf(owner.node)?.[0];
  return key ?? (start === undefined ? undefined : [start, start + 1]);
}

function follow(yaml: Document.Parsed, path: Path): Step | undefined {
  return path.reduce<Step | undefined>((step, part) => step && descend(yaml, step.node, part), { node: yaml.contents });
}

function descend(yaml: Document.Parsed, from: Node | null, part: string | number): Step | undefined {
  const node = isAlias(from) ? from.resolve(yaml) : from;
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part];
    return item === undefined ? undefined : { node: asNode(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part));
  return pair && { node: asNode(pair.value), pair };
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isCollection(value) || isAlias(value) ? value : null;
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]);
}

/** From the node's first character to its last, without the blanks and comments after it. */
function rangeOf(node: unknown, text: string): readonly [number, number] | undefined {
  if (!(isScalar(node) || isCollection(node) || isAlias(node)) || !node.range) return undefined;
  const [from, to] = node.range;
  return [from, from + text.slice(from, to).trimEnd().length];
}
