import { main } from '../../scripts/main';
import type { Output, Surroundings } from '../../scripts/environment';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An output that keeps what is written. */
export function recordingOutput(
  size: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = {}
): Output & { text(): string } {
  let text = '';
  return {
    write: (more) => {
      text += more;
    },
    isTTY: size.isTTY ?? false,
    columns: size.columns ?? 80,
    rows: size.rows ?? 24,
    text: () => text,
  };
}

/** Runs one command line in this process, in surroundings of its own. */
export async function run(words: readonly string[], given: Partial<Surroundings> = {}): Promise<Ran> {
  const out = recordingOutput();
  const err = recordingOutput();
  const code = await main(['node', 'sluice', ...words], {
    env: { SLUICE_USER: 'ana@example.org' },
    cwd: process.cwd(),
    out,
    err,
    stop: new AbortController().signal,
    now: () => Date.now(),
    exit: () => undefined,
    ...given,
  });
  return { code, out: out.text(), err: err.text() };
}
