import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What a command took. */
export interface Took {
  readonly seconds: number;
  /** Of all its threads. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly code: number | null;
  readonly out: string;
}

const LOOK_MS = 50;

/**
 * Runs a command and looks at it, and at what it starts, every 50 ms by `/proc` (Linux): memory is the largest sum of resident sets that was
 * seen, processor time the last that was seen.
 */
export async function measured(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Took> {
  const [program = '', ...args] = command;
  const from = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  let peakMb = 0;
  const cpu = new Map<number, number>();
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look(child.pid ?? 0, cpu).then((mb) => {
      peakMb = Math.max(peakMb, mb);
      isLooking = false;
    });
  }, LOOK_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  const seconds = (performance.now() - from) / 1000;
  if (code !== 0 && code !== 14 && code !== 12)
    throw new Error(`${command.join(' ')} ended with ${code}: ${Buffer.concat(err).toString().slice(-2_000)}`);
  const cpuSeconds = [...cpu.values()].reduce((sum, ticks) => sum + ticks, 0) / 100;
  return { seconds, cpuSeconds, peakMb, code, out: Buffer.concat(out).toString() };
}

/** Megabytes that a process and its children hold now; their processor time in ticks of 10 ms goes into `cpu`. */
async function look(pid: number, cpu: Map<number, number>): Promise<number> {
  const [stat, children, statm] = await Promise.all(
    [`/proc/${pid}/stat`, `/proc/${pid}/task/${pid}/children`, `/proc/${pid}/statm`].map((file) =>
      readFile(file, 'utf8').catch(() => '')
    )
  );
  const fields = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
  if (fields.length > 12) cpu.set(pid, Number(fields[11]) + Number(fields[12]));
  const own = (Number((statm ?? '').split(' ')[1] ?? 0) * 4_096) / 1e6;
  const others = await Promise.all(
    (children ?? '')
      .split(' ')
      .filter(Boolean)
      .map((child) => look(Number(child), cpu))
  );
  return own + others.reduce((sum, mb) => sum + mb, 0);
}
