// Turns captured records, or a file of data, into columns by name.
const fs = require('node:fs');
const { csvRows, filesBelow, readCaptured, rowsOf, windowOf } = require('./captured');

/** Columns in their order, each a list of cells as text; `undefined` for a cell that is missing. */
function readTable(env, names) {
  const format = JSON.parse(env.dataset_format ?? '{}');
  if (format.csv) return fromCsv(env.dataset_source, format.csv, names);
  if (format.json) return fromObjects(filesBelow(env.dataset_source).flatMap(jsonRows));
  const records = readCaptured(env.dataset_source, windowOf(env));
  const rows = records.flatMap(({ captureData }) =>
    joined(rowsOf(captureData.endpointOutput), rowsOf(captureData.endpointInput))
  );
  return rows.some((row) => !Array.isArray(row)) ? fromObjects(rows.map(asObject)) : fromRows(rows, names);
}

/** Columns of the output stand before those of the input. */
function joined(outputs, inputs) {
  const count = Math.max(outputs.length, inputs.length);
  return Array.from({ length: count }, (_, at) => {
    const [output, input] = [outputs[at], inputs[at]];
    if (output === undefined || input === undefined) return output ?? input;
    if (Array.isArray(output) && Array.isArray(input)) return [...output, ...input];
    return { ...asObject(output), ...asObject(input) };
  });
}

function fromCsv(dir, { header }, names) {
  const files = filesBelow(dir).map((file) => csvRows(fs.readFileSync(file, 'utf8')));
  const titles = header ? files[0]?.[0] : names;
  return fromRows(
    files.flatMap((rows) => (header ? rows.slice(1) : rows)),
    titles
  );
}

/** Cells are matched to the baseline's names by their place; what is beyond has none. */
function fromRows(rows, names = []) {
  const width = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: width }, (_, at) => ({
    name: names[at] ?? `_c${at}`,
    cells: rows.map((row) => (row[at] === '' ? undefined : row[at])),
  }));
}

function fromObjects(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort();
  return names.map((name) => ({ name, cells: rows.map((row) => textOf(row[name])) }));
}

function jsonRows(file) {
  const text = fs.readFileSync(file, 'utf8').trim();
  if (text.startsWith('[')) return JSON.parse(text);
  return text.split('\n').map((line) => JSON.parse(line));
}

function asObject(row) {
  return Array.isArray(row) ? Object.fromEntries(row.map((cell, at) => [`_c${at}`, cell])) : row;
}

function textOf(value) {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

module.exports = { readTable };
