import type { SettableClock } from '../engine/clock';
import { realDelayMs } from '../engine/clock';
import type { RandomStream } from '../engine/random';
import type { FaultBook } from '../faults/book';
import type { CaptureSettings } from '../fleet/blueprint';
import { servingSite } from '../fleet/faults';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { Knobs } from '../knobs/knobs';
import type { ObjectStore } from '../ports';
import type { Captured } from './capture-record';
import { captureKey, captureLine } from './capture-record';

/** The time after which SageMaker writes a capture file is sped up with the clock, but not below this in real time. */
const MIN_FLUSH_MS = 200;

interface Buffered {
  readonly settings: CaptureSettings;
  readonly names: { readonly endpoint: string; readonly variant: string };
  readonly firstMs: number;
  lines: string[];
  bytes: number;
  timer: NodeJS.Timeout;
}

/** Data capture: samples invocations, gathers their records by variant, and writes them to the object store behind the requests' back. */
export class DataCapture {
  readonly #buffers = new Map<VariantFleet, Buffered>();
  readonly #random = new Map<string, RandomStream>();
  readonly #writes = new Set<Promise<void>>();

  constructor(
    private readonly options: {
      readonly objects: ObjectStore;
      readonly clock: SettableClock;
      readonly random: (purpose: string) => RandomStream;
      readonly faults: FaultBook;
      readonly knobs: Pick<Knobs, 'captureFlushMs' | 'captureFileBytes'>;
      readonly onError: (error: unknown, where: string) => void;
    }
  ) {}

  observe(variant: VariantFleet, captured: Captured): void {
    const settings = variant.owner.capture;
    if (!settings?.isEnabled || !this.#isSampled(variant, settings.samplingPct)) return;
    const atMs = this.options.clock.now();
    const line = captureLine(settings, captured, atMs);
    const buffer = this.#buffers.get(variant) ?? this.#open(variant, settings, atMs);
    buffer.lines.push(line);
    buffer.bytes += line.length;
    if (buffer.bytes >= this.options.knobs.captureFileBytes) this.#write(variant);
  }

  /** Writes all that is buffered and resolves when it is stored. */
  async flush(): Promise<void> {
    for (const variant of [...this.#buffers.keys()]) this.#write(variant);
    await Promise.all(this.#writes);
  }

  #isSampled(variant: VariantFleet, samplingPct: number): boolean {
    if (samplingPct >= 100) return true;
    const purpose = `capture/${variant.owner.endpointName}`;
    const random = this.#random.get(purpose) ?? this.options.random(purpose);
    this.#random.set(purpose, random);
    return random() * 100 < samplingPct;
  }

  #open(variant: VariantFleet, settings: CaptureSettings, firstMs: number): Buffered {
    const delayMs = realDelayMs({
      providerMs: this.options.knobs.captureFlushMs,
      speed: this.options.clock.speed,
      floorMs: MIN_FLUSH_MS,
    });
    const names = { endpoint: variant.owner.endpointName, variant: variant.name };
    const buffer: Buffered = {
      settings,
      names,
      firstMs,
      lines: [],
      bytes: 0,
      timer: setTimeout(() => this.#write(variant), delayMs),
    };
    this.#buffers.set(variant, buffer);
    return buffer;
  }

  #write(variant: VariantFleet): void {
    const buffer = this.#buffers.get(variant);
    if (!buffer) return;
    clearTimeout(buffer.timer);
    this.#buffers.delete(variant);
    const site = servingSite(buffer.names.endpoint, buffer.names.variant);
    const fault = this.options.faults.strike(['lostCapture', 'lateCapture', 'duplicateCapture'], site)?.fault;
    switch (fault?.fault) {
      case 'lostCapture':
        return;
      case 'lateCapture': {
        // Not among the writes that a flush waits for. What is still held when the sandbox stops is lost with it.
        const late = this.options.clock.wait(fault.byProviderMs).then(() => this.#store(buffer));
        return void late.catch(() => undefined);
      }
      case 'duplicateCapture':
        this.#store(buffer);
        return this.#store(buffer);
      case undefined:
        return this.#store(buffer);
    }
  }

  #store(buffer: Buffered): void {
    const key = captureKey(buffer.settings, buffer.names, buffer.firstMs);
    const write = this.options.objects
      .put({
        bucket: buffer.settings.bucket,
        key,
        body: Buffer.from(buffer.lines.join(''), 'utf8'),
        contentType: 'application/x-ndjson',
      })
      .catch((error: unknown) => this.options.onError(error, `data capture to s3://${buffer.settings.bucket}/${key}`));
    this.#writes.add(write);
    void write.finally(() => this.#writes.delete(write));
  }
}
