// Reads what data capture has written, as SageMaker's monitoring containers find it.
const fs = require('node:fs');
const path = require('node:path');

/** Every captured record of the window, in the order of files and lines. More may have been copied than the window holds. */
function readCaptured(dir, window) {
  return linesBelow(dir)
    .map((line) => JSON.parse(line))
    .filter(({ eventMetadata }) => isWithin(Date.parse(eventMetadata?.inferenceTime ?? ''), window));
}

/** The window of the job's environment; without one, everything is within. */
function windowOf(env) {
  return { startMs: Date.parse(env.start_time ?? '') || -Infinity, endMs: Date.parse(env.end_time ?? '') || Infinity };
}

function isWithin(atMs, { startMs, endMs }) {
  return Number.isNaN(atMs) || (atMs >= startMs && atMs < endMs);
}

function linesBelow(dir) {
  return filesBelow(dir).flatMap((file) =>
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
  );
}

function filesBelow(dir) {
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

module.exports = { linesBelow, readCaptured, windowOf };
