import type { NormalizedSchema } from '@smithy/core/schema';
import { CloudWatchError } from '../errors';

/** A form body as a tree: `MetricData.member.1.Value=3` is under MetricData, member, 1, Value. */
interface Node {
  text?: string;
  readonly children: Map<string, Node>;
}

/** Reads an operation's input from a Query form, as the model's schema says; unknown parameters are dropped. */
export function decodeForm(schema: NormalizedSchema, form: URLSearchParams): unknown {
  const root: Node = { children: new Map() };
  for (const [path, text] of form) {
    let node = root;
    for (const step of path.split('.')) {
      const next = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, next);
      node = next;
    }
    node.text = text;
  }
  return decodeNode(schema, root);
}

function decodeNode(schema: NormalizedSchema, node: Node): unknown {
  if (schema.isStructSchema()) {
    const out: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const child = node.children.get(name);
      if (child) out[name] = decodeNode(member, child);
    }
    return out;
  }
  if (schema.isListSchema()) {
    const items = node.children.get('member')?.children ?? new Map<string, Node>();
    const ordered = [...items].sort(([a], [b]) => Number(a) - Number(b));
    return ordered.map(([, item]) => decodeNode(schema.getValueSchema(), item));
  }
  if (schema.isMapSchema()) {
    const entries = [...(node.children.get('entry')?.children ?? new Map<string, Node>()).values()];
    return Object.fromEntries(
      entries.flatMap((entry) => {
        const value = entry.children.get('value');
        return value ? [[entry.children.get('key')?.text ?? '', decodeNode(schema.getValueSchema(), value)]] : [];
      })
    );
  }
  return decodeText(schema, node.text ?? '');
}

function decodeText(schema: NormalizedSchema, text: string): unknown {
  if (schema.isBooleanSchema()) return text === 'true';
  // The protocol writes the numbers that are none as these words; the operations refuse them as values.
  if (schema.isNumericSchema()) return text === 'NaN' ? NaN : checked(text, text.trim() === '' ? NaN : Number(text));
  if (schema.isTimestampSchema()) return new Date(checked(text, Date.parse(text)));
  return text;
}

function checked(text: string, number: number): number {
  if (Number.isNaN(number))
    throw new CloudWatchError('SerializationException', `The value '${text}' could not be read.`);
  return number;
}
