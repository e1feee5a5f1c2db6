/** A text as words and what lies between them; the words are the features. */
export interface Tokens {
  readonly words: readonly string[];
  /** The text with some words masked: taken out, or replaced. */
  textWith(keep: Uint8Array): string;
}

/** Splits at white space; what stands together stays together, so that a text with all words is the text itself. */
export function tokensOf(text: string, mask = ''): Tokens {
  const parts = text.match(/\s*\S+/g) ?? [];
  const words = parts.map((part) => part.trim());
  const tail = /\s*$/.exec(text)?.[0] ?? '';
  return {
    words,
    textWith: (keep) => {
      if (keep.every((one) => one === 1)) return text;
      const shown = parts.map((part, i) => (keep[i] === 1 ? part : mask === '' ? '' : part.replace(/\S+/, mask)));
      return (shown.join('') + tail).trim();
    },
  };
}

/** Words as a vocabulary knows them: lower case, without what clings to them. */
export function wordName(word: string): string {
  const bare = word.toLowerCase().replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  return bare === '' ? word : bare;
}

interface Node {
  readonly from: number;
  readonly to: number;
  /** Words outside the node that are kept. */
  readonly context: Uint8Array;
  readonly without: number;
  readonly withAll: number;
  readonly weight: number;
}

/**
 * Owen values of words over a balanced tree of neighbours (what shap calls a partition): a passage is halved, and its effect shared by asking for each
 * half with the other half kept and masked. The passage that matters most is halved next, until the calls are spent; then its words share evenly. The
 * values sum to what the whole text does.
 */
export async function wordAttributions(
  words: number,
  p: { readonly calls: number; readonly valuesOf: (masks: readonly Uint8Array[]) => Promise<readonly number[]> }
): Promise<readonly number[]> {
  if (words === 0) return [];
  const [none, all] = [new Uint8Array(words), new Uint8Array(words).fill(1)];
  const [without = 0, withAll = 0] = await p.valuesOf([none, all]);
  const open: Node[] = [{ from: 0, to: words, context: none, without, withAll, weight: 1 }];
  const values = new Float64Array(words);
  for (let left = p.calls - 2; ;) {
    open.sort((a, b) => importance(b) - importance(a));
    const node = open.find(({ from, to }) => to - from > 1);
    if (node === undefined || left < 2) break;
    open.splice(open.indexOf(node), 1);
    const middle = (node.from + node.to) >> 1;
    const keep = (from: number, to: number) => Uint8Array.from(node.context).fill(1, from, to);
    const [leftOnly, rightOnly] = [keep(node.from, middle), keep(middle, node.to)];
    const [l = 0, r = 0] = await p.valuesOf([leftOnly, rightOnly]);
    left -= 2;
    const weight = node.weight / 2;
    open.push(
      { from: node.from, to: middle, context: node.context, without: node.without, withAll: l, weight },
      { from: node.from, to: middle, context: rightOnly, without: r, withAll: node.withAll, weight },
      { from: middle, to: node.to, context: node.context, without: node.without, withAll: r, weight },
      { from: middle, to: node.to, context: leftOnly, without: l, withAll: node.withAll, weight }
    );
  }
  for (const node of open) {
    const each = (node.weight * (node.withAll - node.without)) / (node.to - node.from);
    for (let i = node.from; i < node.to; i++) values[i] = (values[i] ?? 0) + each;
  }
  return [...values];
}

const importance = ({ weight, without, withAll, from, to }: Node): number =>
  weight * Math.abs(withAll - without) * (to - from > 1 ? 1 : 0);
