import { readFileSync, writeFileSync } from 'node:fs';
import { deleteBelow } from '../../activities/batch/documents';
import { writeObject } from '../../activities/batch/writer';
import type { BatchBench } from './world';

const MB = 1024 * 1024;
const LINE = `{"id":123456789,"review":"${'x'.repeat(970)}"}\n`;
const BLOCK_LINES = 4_096;

/** The most memory that worker and sandbox held while they scored one object of a size, in MB. */
export async function measureMemory(bench: BatchBench, sizesMb: readonly number[]): Promise<unknown> {
  console.log('\nMemory over the size of one object (MultiRecord, 6 MB a request, slices of 64 MB)');
  const rows: unknown[] = [];
  for (const sizeMb of sizesMb) {
    const lines = await fill(bench, `memory${sizeMb}/a.jsonl`, sizeMb);
    for (const pid of Object.values(bench.pids)) forgetPeak(pid);
    const { seconds } = await bench.run(
      `memory${sizeMb}`,
      {
        ...{ input: `s3://bench/memory${sizeMb}/`, payloadMb: 6 },
        parts: { bytes: 1024 ** 4, sliceBytes: 64 * MB, parallel: 1 },
      },
      lines
    );
    const row = {
      ...{ sizeMb, lines, seconds: Math.round(seconds) },
      ...{ workerMb: peakMb(bench.pids.worker), sandboxMb: peakMb(bench.pids.sandbox) },
    };
    rows.push(row);
    console.log(
      `  ${String(sizeMb).padStart(6)} MB  ${lines} lines  ${row.seconds} s  worker ${row.workerMb} MB, sandbox ${row.sandboxMb} MB`
    );
    for (const prefix of [`memory${sizeMb}/`, `out/memory${sizeMb}/`])
      await deleteBelow(bench.s3, { bucket: 'bench', prefix });
  }
  return rows;
}

async function fill({ s3 }: BatchBench, key: string, sizeMb: number): Promise<number> {
  const block = Buffer.from(LINE.repeat(BLOCK_LINES));
  const blocks = Math.max(1, Math.round((sizeMb * MB) / block.length));
  await writeObject(s3, { bucket: 'bench', key }, async (writer) => {
    for (let i = 0; i < blocks; i += 1) await writer.write(block);
  });
  return blocks * BLOCK_LINES;
}

/** The kernel counts a process's peak anew from here (proc(5), clear_refs). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function peakMb(pid: number): number {
  const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1024);
}
