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

/** Rows of one captured body: lists of cells for CSV, objects for JSON. Text that was captured as base64 is taken as its content type says. */
function rowsOf(part) {
  if (!part) return [];
  const isPacked = part.encoding === 'BASE64';
  const text = isPacked ? Buffer.from(part.data, 'base64').toString('utf8') : part.data;
  const isJson = part.encoding === 'JSON' || (isPacked && /json/.test(part.observedContentType ?? ''));
  if (!isJson) return csvRows(text);
  const value = JSON.parse(text);
  return Array.isArray(value) ? value : [value];
}

/** CSV without line breaks in cells. */
function csvRows(text) {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(csvRow);
}

function csvRow(line) {
  const cells = [];
  let rest = line;
  for (;;) {
    const [taken, quoted, plain, end] = /^(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/.exec(rest);
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
    rest = rest.slice(taken.length);
  }
}

module.exports = { csvRows, filesBelow, linesBelow, readCaptured, rowsOf, windowOf };
