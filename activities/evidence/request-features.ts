import { csvFields, fieldReader } from './field';

/** Features of a request by their place, in one order; null where the request has none there. */
export type FeaturesOf = (request: string) => ReadonlyMap<string, string>;

/** The places that the file names; without any, the columns of CSV or every plain value of JSON. */
export function featuresOf(places: readonly string[] | null): FeaturesOf {
  if (places === null) return allFeatures;
  const readers = places.map((place) => [place, fieldReader(place)] as const);
  return (request) =>
    new Map(
      readers.flatMap(([place, read]) => {
        const value = read(request);
        return value === undefined || value === '' ? [] : [[place, value] as const];
      })
    );
}

function allFeatures(request: string): ReadonlyMap<string, string> {
  const features = new Map<string, string>();
  const text = request.trim();
  if (text.startsWith('{') || text.startsWith('[')) {
    try {
      addPlain(features, '$', JSON.parse(text) as unknown);
      return features;
    } catch {
      // What only begins like JSON is read as CSV.
    }
  }
  for (const [column, field] of csvFields(request).entries()) if (field !== '') features.set(String(column), field);
  return features;
}

function addPlain(features: Map<string, string>, place: string, value: unknown): void {
  if (Array.isArray(value)) for (const [i, one] of value.entries()) addPlain(features, `${place}[${i}]`, one);
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value))
      addPlain(features, /^[A-Za-z_][\w-]*$/.test(key) ? `${place}.${key}` : `${place}['${key}']`, one);
  else if (typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== ''))
    features.set(place, String(value));
}
