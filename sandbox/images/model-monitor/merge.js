// The sandbox's own ground-truth merger, for `*sagemaker-model-monitor-groundtruth-merger*` images: joins labels to captured records by the
// caller's inferenceId, or by the eventId where there is none, and writes the pairs as lines of JSON.
const fs = require('node:fs');
const path = require('node:path');
const { linesBelow, readCaptured, windowOf } = require('./captured');

const { env } = process;
const base = env.SAGEMAKER_BASE_DIR ?? '/opt/ml';

function main() {
  // The last label of an id is the one that counts.
  const labels = new Map(
    linesBelow(env.ground_truth_source)
      .map((line) => JSON.parse(line))
      .map(({ eventMetadata, groundTruthData }) => [eventMetadata.eventId, groundTruthData])
  );
  const captured = readCaptured(env.dataset_source, windowOf(env));
  const merged = captured.flatMap((record) => {
    const groundTruthData = labels.get(record.eventMetadata.inferenceId ?? record.eventMetadata.eventId);
    return groundTruthData ? [{ ...record, groundTruthData }] : [];
  });
  fs.mkdirSync(env.output_path, { recursive: true });
  fs.writeFileSync(
    path.join(env.output_path, 'part-00000.jsonl'),
    merged.map((record) => `${JSON.stringify(record)}\n`).join('')
  );
  return `Completed: ${merged.length} of ${captured.length} captured records have a label.`;
}

function say(message) {
  fs.mkdirSync(path.join(base, 'output'), { recursive: true });
  fs.writeFileSync(path.join(base, 'output', 'message'), message);
  console.log(message);
}

try {
  say(main());
} catch (error) {
  console.error(error);
  say(`Error: ${error.message}`);
  process.exitCode = 1;
}
