import { join } from 'node:path';
import { Journal } from '../../files/journal';
import type { Dimensions, SandboxClock } from '../../ports';
import type { Summary } from './distribution';
import { readLine, writeLine } from './lines';
import { Segments } from './segments';
import { floorTo, LIMITS, Series, type Identity } from './series';

/** Periods below a minute can be asked for this long; AWS keeps them three hours. */
const FRESH_SECONDS = 30 * 60;
/** From this age on, minutes are kept coarser. */
const OLD_SECONDS = 4 * 3600;
/** AWS keeps one-minute data points fifteen days; nothing is kept longer here. */
const RETENTION_SECONDS = 15 * 86_400;
/** Most distinct values over all metrics, some 16 bytes each. */
const MAX_VALUES = 4_000_000;
/** Longest time that metrics of the sandbox itself wait for the disk. */
const DRAIN_MS = 1_000;

export interface Sample {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly unit: string;
  readonly atMs: number;
}

/** All metrics. `put` costs a few map operations; data is readable at once and on disk within a second. */
export class MetricStore {
  private readonly series = new Map<string, Series>();
  /** Callers put with the same dimensions object again and again; finding their series by it spares building the key. */
  private readonly shortcuts = new WeakMap<Dimensions, Map<string, Series[]>>();
  /** Units in which one metric was put. */
  private readonly units = new Map<string, string[]>();
  private readonly dirty = new Set<Series>();
  private readonly dictionary: Journal<Identity & { readonly id: number }>;
  private readonly segments: Segments;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;
  private rolledAt = -1;

  constructor(
    dir: string,
    private readonly clock: SandboxClock
  ) {
    this.segments = new Segments(join(dir, 'hours'));
    const path = join(dir, 'series.jsonl');
    const byId = new Map<number, Series>();
    const adopt = ({ id, ...identity }: Identity & { readonly id: number }): void => {
      const series = new Series(id, identity);
      byId.set(id, series);
      this.series.set(keyOf(identity), series);
      this.nextId = Math.max(this.nextId, id + 1);
    };
    this.dictionary = Journal.exists(path) ? Journal.open(path, adopt) : Journal.create(path, []);
    this.load(byId);
  }

  put(sample: Sample, value: number): void {
    const series = this.find(sample);
    series.add(Math.floor(sample.atMs / 1000), value);
    this.touch(series);
  }

  /** Puts values with their counts. */
  putWeighted(sample: Sample, weights: ReadonlyMap<number, number>): void {
    const series = this.find(sample);
    series.addWeighted(Math.floor(sample.atMs / 1000), weights);
    this.touch(series);
  }

  putSummary(sample: Sample, summary: Summary): void {
    const series = this.find(sample);
    series.addSummary(Math.floor(sample.atMs / 1000), summary);
    this.touch(series);
  }

  /** Every metric with data, or those of one namespace and name. Their data is up to date. */
  select(filter: { readonly namespace?: string | undefined; readonly name?: string | undefined }): readonly Series[] {
    this.drain();
    const { namespace, name } = filter;
    return [...this.series.values()].filter(
      ({ identity, lastSecond }) =>
        lastSecond >= 0 &&
        (namespace === undefined || identity.namespace === namespace) &&
        (name === undefined || identity.name === name)
    );
  }

  /** The series of one metric: one per unit, or that of the given unit. */
  exact(metric: Omit<Identity, 'unit'> & { readonly unit?: string | undefined }): readonly Series[] {
    this.drain();
    const units = metric.unit === undefined ? (this.units.get(keyOf({ ...metric, unit: '' })) ?? []) : [metric.unit];
    return units.flatMap((unit) => this.series.get(keyOf({ ...metric, unit })) ?? []);
  }

  /** First second for which periods below a minute have data. */
  get minuteCut(): number {
    return floorTo(Math.floor(this.clock.now() / 1000) - FRESH_SECONDS, 60);
  }

  /** Makes everything put so far readable and writes it to disk. */
  drain(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.roll();
    const byHour = new Map<number, string[]>();
    for (const series of this.dirty) {
      for (const delta of series.drain(this.minuteCut)) {
        const hour = Math.floor(delta.second / 3600);
        const lines = byHour.get(hour) ?? [];
        lines.push(writeLine(series.id, delta));
        byHour.set(hour, lines);
      }
    }
    this.dirty.clear();
    for (const [hour, lines] of byHour) this.segments.append(hour, lines.join(''));
  }

  close(): void {
    this.drain();
    this.segments.close();
    this.dictionary.close();
  }

  private touch(series: Series): void {
    if (this.dirty.has(series)) return;
    this.dirty.add(series);
    this.timer ??= setTimeout(() => this.drain(), DRAIN_MS).unref();
  }

  private find(sample: Sample): Series {
    let known = this.shortcuts.get(sample.dimensions);
    if (!known) this.shortcuts.set(sample.dimensions, (known = new Map<string, Series[]>()));
    const named = known.get(sample.name);
    const isSought = ({ identity }: Series): boolean =>
      identity.unit === sample.unit && identity.namespace === sample.namespace;
    const found = named?.find(isSought);
    if (found) return found;
    const series = this.findByKey(sample);
    known.set(sample.name, [...(named ?? []), series]);
    return series;
  }

  private findByKey({ namespace, name, dimensions, unit }: Sample): Series {
    const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
    const identity: Identity = { namespace, name, dimensions: sorted, unit };
    const key = keyOf(identity);
    const known = this.series.get(key);
    if (known) return known;
    const series = new Series(this.nextId++, identity);
    this.dictionary.append([{ id: series.id, ...identity }]);
    this.series.set(key, series);
    this.rememberUnit(identity);
    return series;
  }

  private rememberUnit(identity: Identity): void {
    const key = keyOf({ ...identity, unit: '' });
    this.units.set(key, [...(this.units.get(key) ?? []), identity.unit]);
  }

  private load(byId: ReadonlyMap<number, Series>): void {
    const nowSecond = Math.floor(this.clock.now() / 1000);
    for (const { identity } of byId.values()) this.rememberUnit(identity);
    for (const hour of this.segments.hours()) {
      if ((hour + 1) * 3600 < nowSecond - RETENTION_SECONDS) {
        this.segments.remove(hour);
        continue;
      }
      for (const line of this.segments.read(hour)) {
        const { id, ...delta } = readLine(line);
        byId.get(id)?.store(delta.second, delta.data, this.minuteCut);
      }
    }
  }

  /** Once a minute: seconds become minutes, old minutes coarser, the oldest are forgotten; old hours are rewritten. */
  private roll(): void {
    const cut = this.minuteCut;
    if (cut === this.rolledAt) return;
    this.rolledAt = cut;
    const nowSecond = Math.floor(this.clock.now() / 1000);
    const oldest = nowSecond - RETENTION_SECONDS;
    for (const series of this.series.values()) {
      series.roll(cut);
      series.expire(oldest);
    }
    this.compactHours(nowSecond);
    this.shrink(nowSecond);
  }

  private compactHours(nowSecond: number): void {
    for (const hour of this.segments.hours()) {
      const range = { from: hour * 3600, to: (hour + 1) * 3600 };
      if (range.to > nowSecond - OLD_SECONDS) return;
      if (range.to < nowSecond - RETENTION_SECONDS) this.segments.remove(hour);
      else if (!this.segments.isCompact(hour)) {
        const lines: string[] = [];
        for (const series of this.series.values()) {
          series.coarsenMinutes(LIMITS.oldMinute, range);
          for (const delta of series.minutesBetween(range.from, range.to)) lines.push(writeLine(series.id, delta));
        }
        this.segments.compact(hour, lines.join(''));
      }
    }
  }

  /** Keeps memory bounded: coarser old minutes first, then less history. */
  private shrink(nowSecond: number): void {
    const all = [...this.series.values()];
    const total = (): number => all.reduce((sum, { size }) => sum + size, 0);
    if (total() <= MAX_VALUES) return;
    for (const series of all) series.coarsenMinutes(LIMITS.scarce, { from: 0, to: nowSecond - OLD_SECONDS });
    for (let days = 14; total() > MAX_VALUES && days > 0; days--) {
      for (const series of all) series.expire(nowSecond - days * 86_400);
    }
  }
}

function keyOf({ namespace, name, dimensions, unit }: Identity): string {
  return JSON.stringify([namespace, name, unit, dimensions]);
}
