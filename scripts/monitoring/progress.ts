import { count } from '../../report/words';
import type { VerbContext } from '../verb';
import { notice } from '../verb';

export interface Progress {
  tell(doing: string, how: { readonly done: number; readonly total: number | null; readonly unit: string }): void;
}

/** A line every so often: whoever waits for longer sees that it goes on. */
const EVERY_MS = 2_000;

export function progressOf(context: VerbContext): Progress {
  let lastMs = context.now();
  return {
    tell(doing, { done, total, unit }) {
      const nowMs = context.now();
      if (nowMs - lastMs < EVERY_MS) return;
      lastMs = nowMs;
      const amount = (value: number) =>
        unit === 'bytes' ? `${count(Math.round(value / 1e6))} MB` : `${count(value)} ${unit}`;
      const of = total === null || total === 0 ? '' : ` of ${amount(total)} (${Math.floor((100 * done) / total)} %)`;
      notice(context, `${doing}: ${amount(done)}${of}`);
    },
  };
}
