import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openSession } from '../../monitors/data/session';
import type { Session } from '../../monitors/data/session';
import type { Dataset } from '../../monitors/data/types';
import { read } from '../../monitors/run/run';
import type { RunHooks } from '../../monitors/run/run';
import { Mistake } from '../mistakes';
import type { VerbContext } from '../verb';
import { modelOf } from './model';
import type { MonitorOptions } from './options';
import { readingOf } from './options';
import type { Progress } from './progress';
import { progressOf } from './progress';
import { formatOf, sourcesOf } from './sources';

export interface OfflineWork {
  readonly session: Session;
  readonly dataset: Dataset;
  readonly hooks: RunHooks;
  readonly progress: Progress;
}

/** Reads the data once and hands it over; everything that lies around meanwhile is gone afterwards. */
export async function withDataset<T>(
  context: VerbContext,
  of: {
    readonly data: readonly string[];
    readonly options: MonitorOptions;
    readonly names?: readonly string[] | undefined;
  },
  use: (work: OfflineWork) => Promise<T>
): Promise<T> {
  const { data, options, names } = of;
  const progress = progressOf(context);
  const model = await modelOf(context, options).catch((error: unknown) => {
    throw error instanceof RangeError ? new Mistake(error.message, 2, { cause: error }) : error;
  });
  const session = await openSession({
    dir: await mkdtemp(path.join(os.tmpdir(), 'sluice-offline-')),
    memoryMb: options.memory,
  });
  const hooks: RunHooks = {
    ...(model !== null && { model: model.model }),
    signal: context.stop,
    asOfMs: context.now(),
    progress: (done, total, unit) => progress.tell(unit === 'bytes' ? 'reading' : 'analysing', { done, total, unit }),
  };
  try {
    const sources = await sourcesOf(context, data, { dir: path.join(session.dir, 'near'), progress });
    const format = options.input ?? (await formatOf(sources));
    const dataset = await read(session, { ...(names && { names }), ...readingOf(options), sources, format }, hooks);
    return await use({ session, dataset, hooks, progress });
  } catch (error) {
    // Of the monitors: data without the columns that an option names, a path that is none.
    if (error instanceof RangeError) throw new Mistake(error.message, 2, { cause: error });
    throw error;
  } finally {
    await model?.stop();
    await session.close();
  }
}
