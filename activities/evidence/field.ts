import { fieldAt } from '../../gateway/field';
import type { FieldReader } from '../../gateway/field';
import { FailureError } from '../../sagemaker/faults';

export { csvFields } from '../../gateway/field';

/** Reads one field out of an answer: a JSON path of names and indices (`$.predictions[0].label`), or a column number of CSV (`0`). */
export function fieldReader(path: string): FieldReader {
  const read = fieldAt(path);
  if (read === null)
    throw new FailureError('InvalidRequest', `schema.prediction ${path} is neither a JSON path nor a column number.`);
  return read;
}
