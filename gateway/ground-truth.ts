import { hourFolder, joinKey, timeInHour } from './s3-location';

/** What turned out to be true about one call. */
export interface Feedback {
  readonly inferenceId: string;
  readonly label: string | number;
}

/** A line in the format that SageMaker's ground-truth merge joins to captured predictions by `eventId`. */
export function formatGroundTruth(feedback: Feedback): string {
  const line = {
    groundTruthData: { data: csvField(String(feedback.label)), encoding: 'CSV' },
    eventMetadata: { eventId: feedback.inferenceId },
    eventVersion: '0',
  };
  return `${JSON.stringify(line)}\n`;
}

/** RFC 4180: a field with a comma, a quote or a line break is quoted. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Collects labels by the hour in which they came, which is the hour that SageMaker's folders mean. */
export class GroundTruthBuffer {
  private readonly hours = new Map<string, { firstMs: number; text: string }>();
  private sequence = 0;

  constructor(
    private readonly prefix: string,
    private readonly gateway: string
  ) {}

  add(feedback: Feedback, atMs: number): void {
    const folder = hourFolder(atMs);
    const line = formatGroundTruth(feedback);
    const open = this.hours.get(folder);
    if (open === undefined) this.hours.set(folder, { firstMs: atMs, text: line });
    else open.text += line;
  }

  /** Everything so far, one object an hour: `yyyy/mm/dd/hh/<mm-ss-SSS>_<gateway>_<number>.jsonl` by the first label. */
  take(): readonly { readonly key: string; readonly body: string }[] {
    const objects = [...this.hours].map(([folder, { firstMs, text }]) => {
      const number = String(this.sequence++).padStart(6, '0');
      return {
        key: joinKey(this.prefix, folder, `${timeInHour(firstMs)}_${this.gateway}_${number}.jsonl`),
        body: text,
      };
    });
    this.hours.clear();
    return objects;
  }
}
