import { open } from 'node:fs/promises';
import path from 'node:path';

/** SageMaker keeps the first kilobyte of what a container says at its end. */
export const EXIT_MESSAGE_BYTES = 1024;

/** Reads `/opt/ml/output/message`; `undefined` when the container wrote none. */
export async function exitMessageOf(base: string): Promise<{ readonly text: string } | 'not UTF-8' | undefined> {
  const file = await open(path.join(base, 'output', 'message'), 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(EXIT_MESSAGE_BYTES + 4), 0);
    const bytes = buffer.subarray(0, bytesRead);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytesRead > EXIT_MESSAGE_BYTES });
    return { text: firstBytes(text, EXIT_MESSAGE_BYTES) };
  } catch {
    return 'not UTF-8';
  } finally {
    await file.close();
  }
}

/** The messages of several hosts are put one behind the other. */
export function joinedMessages(messages: readonly (string | undefined)[]): string | undefined {
  const said = messages.filter((message) => message !== undefined);
  return said.length === 0 ? undefined : firstBytes(said.join(''), EXIT_MESSAGE_BYTES);
}

/** As many whole characters as fit. */
function firstBytes(text: string, bytes: number): string {
  const all = Buffer.from(text, 'utf8');
  if (all.length <= bytes) return text;
  return new TextDecoder('utf-8').decode(all.subarray(0, bytes), { stream: true });
}
