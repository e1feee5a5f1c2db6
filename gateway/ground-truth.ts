/** What turned out to be true about one call. Of several labels of one call the first counts. */
export interface Label {
  readonly inferenceId: string;
  readonly label: string | number;
}

/** A line in the format that SageMaker's ground-truth merge joins to captured predictions by `eventId`. */
export function formatGroundTruth(truth: Label): string {
  const line = {
    groundTruthData: { data: csvField(String(truth.label)), encoding: 'CSV' },
    eventMetadata: { eventId: truth.inferenceId },
    eventVersion: '0',
  };
  return `${JSON.stringify(line)}\n`;
}

/** RFC 4180: a field with a comma, a quote or a line break is quoted. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
