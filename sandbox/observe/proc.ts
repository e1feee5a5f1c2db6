import { readdirSync, readFileSync } from 'node:fs';

/** What the processes of one session have used so far and hold now. */
export interface SessionUse {
  /** Time on any core since the session's processes began, in milliseconds; of ended children too. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** How long ago its first process began, in milliseconds. */
  readonly ageMs: number;
}

/** Linux counts processor time in hundredths of a second towards programs, whatever the kernel's own tick. */
const TICK_MS = 10;

/** Whether this system tells about processes as Linux does. */
export function hasProc(): boolean {
  try {
    return readStat('self') !== undefined && uptimeMs() > 0;
  } catch {
    return false;
  }
}

/**
 * Sums up the use of whole sessions, by session id: a container's processes stay in the session that it was started in, also those
 * that it leaves behind. Looks once at every process of the machine.
 */
export function sessionUse(sessions: ReadonlySet<number>): ReadonlyMap<number, SessionUse> {
  const uses = new Map<number, SessionUse>();
  if (sessions.size === 0) return uses;
  const nowMs = uptimeMs();
  for (const pid of readdirSync('/proc')) {
    const stat = /^\d+$/.test(pid) ? readStat(pid) : undefined;
    if (!stat || !sessions.has(stat.session)) continue;
    const known = uses.get(stat.session) ?? { cpuMs: 0, residentBytes: 0, ageMs: 0 };
    uses.set(stat.session, {
      cpuMs: known.cpuMs + stat.cpuMs,
      residentBytes: known.residentBytes + residentBytes(pid),
      ageMs: Math.max(known.ageMs, nowMs - stat.startMs),
    });
  }
  return uses;
}

/** `undefined` for a process that has ended meanwhile. Field numbers are those of proc(5). */
function readStat(
  pid: string
): { readonly session: number; readonly cpuMs: number; readonly startMs: number } | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is a program's name in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3] ?? NaN);
  const ticks = field(14) + field(15) + field(16) + field(17);
  return { session: field(6), cpuMs: ticks * TICK_MS, startMs: field(22) * TICK_MS };
}

function residentBytes(pid: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function uptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
