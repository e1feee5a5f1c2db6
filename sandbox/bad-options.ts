/** A mistake in the options, in `sandbox.yaml` or in a faults file, in words for the person who made it. */
export class BadOptions extends Error {
  override readonly name: string = 'BadOptions';
}
