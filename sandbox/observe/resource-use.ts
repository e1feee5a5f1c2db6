import { statfsSync } from 'node:fs';
import os from 'node:os';
import type { MetricSink } from '../ports';
import type { LiveInstance } from './live-instances';
import type { SessionUse } from './proc';
import { hasProc, sessionUse } from './proc';

/** Processor time is told in steps of 10 ms: over less than this a share would be noise. */
const MIN_SPAN_MS = 500;

interface Sample {
  readonly cpuMs: number;
  readonly atMs: number;
}

/** Measures what the processes of containers use, and publishes it per instance as SageMaker does: in percent, per variant. */
export class ResourceUse {
  readonly isAvailable = hasProc();
  readonly #former = new Map<number, Sample>();

  constructor(
    private readonly of: {
      readonly sink: MetricSink;
      readonly clock: { now(): number };
      readonly dataDir: string;
    }
  ) {}

  /** One datum of each metric for each instance. Does nothing where there is no /proc to read. */
  measure(instances: readonly LiveInstance[]): void {
    if (!this.isAvailable || instances.length === 0) return this.#former.clear();
    const uses = sessionUse(new Set(instances.flatMap(({ pids }) => pids)));
    const nowMs = performance.now();
    const disk = diskPercent(this.of.dataDir);
    for (const instance of instances) {
      const own = instance.pids.flatMap((pid) => {
        const use = uses.get(pid);
        return use ? [{ use, cpu: this.#cpuPercent(pid, use, nowMs) }] : [];
      });
      const shares = own.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]));
      if (shares.length > 0) this.#put(instance, 'CPUUtilization', sum(shares));
      if (own.length > 0)
        this.#put(instance, 'MemoryUtilization', (sum(own.map(({ use }) => use.residentBytes)) / memoryBytes()) * 100);
      this.#put(instance, 'DiskUtilization', disk);
    }
    for (const pid of this.#former.keys()) if (!uses.has(pid)) this.#former.delete(pid);
  }

  /** Sum over the cores since the last sample, or since the container began; `undefined` when that was just now. */
  #cpuPercent(pid: number, use: SessionUse, nowMs: number): number | undefined {
    const former = this.#former.get(pid) ?? { cpuMs: 0, atMs: nowMs - use.ageMs };
    const spanMs = nowMs - former.atMs;
    if (spanMs < MIN_SPAN_MS) return undefined;
    this.#former.set(pid, { cpuMs: use.cpuMs, atMs: nowMs });
    return (Math.max(0, use.cpuMs - former.cpuMs) / spanMs) * 100;
  }

  #put({ namespace, dimensions }: LiveInstance, name: string, value: number): void {
    this.of.sink.put({ namespace, name, dimensions, value, unit: 'Percent', atMs: this.of.clock.now() });
  }
}

/** How full the disk is that holds models, scratch files and logs; containers of all instances share it here. */
function diskPercent(dir: string): number {
  const { blocks, bfree } = statfsSync(dir);
  return blocks === 0 ? 0 : ((blocks - bfree) / blocks) * 100;
}

/** This machine's memory, or the share of it that this process is limited to: the instance that all instances share. */
function memoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
