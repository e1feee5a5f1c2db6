import { search } from '@jmespath-community/jmespath';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../bias/option-reader';
import type { Json, ModelCaller } from '../types';

/** How rows are put to a container, and where its answer has the explained numbers. */
export interface CallFormat {
  /** `text/csv`: a line a row. `application/jsonlines`: `template` for each row, with its features in place of `$features`. */
  readonly contentType: 'text/csv' | 'application/jsonlines';
  readonly template?: string;
  /** A column of the answer's CSV from 0 on (default: all of them), or JMESPath into each line of its JSON. */
  readonly value?: number | string;
}

/** Reads Clarify's `predictor`: `content_type`, `content_template` (a line, with `$features` in it), and the place of the number. */
export function callFormat(predictor: Json | undefined): {
  readonly contentType: CallFormat['contentType'];
  bodyOf(rows: readonly (readonly string[])[]): string;
  /** Null where there is not a number for each row. */
  numbersIn(answer: string, rows: number): readonly (readonly number[])[] | null;
} {
  const given = isRecord(predictor) ? predictor : {};
  const [template, place] = [given['content_template'], given['probability'] ?? given['label']];
  const format: CallFormat = {
    contentType: given['content_type'] === 'application/jsonlines' ? 'application/jsonlines' : 'text/csv',
    ...(typeof template === 'string' && { template }),
    ...((typeof place === 'number' || typeof place === 'string') && { value: place }),
  };
  return {
    contentType: format.contentType,
    bodyOf: (rows) => bodyOf(rows, format),
    numbersIn: (answer, rows) => {
      try {
        return numbersIn(answer, rows, format);
      } catch {
        return null;
      }
    },
  };
}

/** Rows of a request: well below the 6 MB of a real-time endpoint. */
const ROWS = 500;

/**
 * Asks a container that serves nobody else, at `POST url` (`http://127.0.0.1:8080/invocations`).
 * Rejects where it cannot be reached, says no, or answers without a number for each row.
 */
export function httpCaller(url: string, format: CallFormat): ModelCaller {
  return {
    async predict(rows) {
      const said: (readonly number[])[] = [];
      for (let from = 0; from < rows.length; from += ROWS) {
        const batch = rows.slice(from, from + ROWS);
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': format.contentType, accept: format.contentType },
          body: bodyOf(batch, format),
        });
        const text = await response.text();
        if (!response.ok) throw new RangeError(`The model answers ${response.status}: ${text.slice(0, 200)}`);
        said.push(...numbersIn(text, batch.length, format));
      }
      return said;
    },
  };
}

function bodyOf(rows: readonly (readonly string[])[], { contentType, template }: CallFormat): string {
  if (contentType === 'text/csv') return rows.map((row) => row.map(csvCell).join(',')).join('\n');
  const filled = template ?? '{"features":$features}';
  return rows.map((row) => filled.replace('$features', () => JSON.stringify(row.map(jsonCell)))).join('\n');
}

const csvCell = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const jsonCell = (cell: string): string | number | null =>
  cell === '' ? null : Number.isFinite(Number(cell)) ? Number(cell) : cell;

function numbersIn(text: string, rows: number, { contentType, value }: CallFormat): readonly (readonly number[])[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length !== rows) throw new RangeError(`The model answers ${lines.length} lines to ${rows} rows.`);
  return lines.map((line) => {
    const found =
      contentType === 'text/csv' && typeof value !== 'string'
        ? line.split(',').map(Number)
        : [search(JSON.parse(line) as never, String(value ?? '@'))].flat().map(Number);
    const chosen = typeof value === 'number' ? found.slice(value, value + 1) : found;
    if (chosen.length > 0 && chosen.every(Number.isFinite)) return chosen;
    throw new RangeError(`The model answers no number where one was expected: ${line.slice(0, 200)}`);
  });
}

export interface StartedModel {
  readonly model: ModelCaller;
  stop(): Promise<void>;
}

const START_MS = 120_000;
const STOP_MS = 10_000;

/**
 * Starts a model by a command that keeps SageMaker's container contract (`GET /ping`, `POST /invocations`) on the port in
 * `SAGEMAKER_BIND_TO_PORT`, and asks it. The command runs in a shell with the environment given. Rejects when it ends, or is not well within two minutes.
 */
export async function startModel(
  command: string,
  p: { readonly format: CallFormat; readonly env: Readonly<Record<string, string | undefined>> }
): Promise<StartedModel> {
  const port = await freePort();
  const env = { ...p.env, SAGEMAKER_BIND_TO_PORT: String(port) };
  // A group of its own: the shell's children end with it.
  const child = spawn(command, { shell: true, detached: true, stdio: ['ignore', 'ignore', 'pipe'], env });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2_000)));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const kill = (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.pid !== undefined && !isOver()) process.kill(-child.pid, signal);
  };
  const stop = async (): Promise<void> => {
    if (isOver()) return;
    const gone = once(child, 'exit');
    kill('SIGTERM');
    const late = setTimeout(() => kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  };
  const address = `http://127.0.0.1:${port}`;
  for (const untilMs = performance.now() + START_MS; ;) {
    if (isOver()) throw new RangeError(`The model's command ended with ${child.exitCode}: ${complaint.trim()}`);
    const isWell = await fetch(`${address}/ping`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false
    );
    if (isWell) return { model: httpCaller(`${address}/invocations`, p.format), stop };
    if (performance.now() > untilMs) {
      await stop();
      throw new RangeError(`The model did not answer GET /ping within ${START_MS / 1_000} s: ${complaint.trim()}`);
    }
    await sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
