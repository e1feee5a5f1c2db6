/** Why one object could not be transformed: it gets no output, the others go on, and the job fails. */
export class BadObject extends Error {
  override readonly name = 'BadObject';

  constructor(
    message: string,
    /** Whose fault it is, as the job's failure says. */
    readonly blame: 'ClientError' | 'AlgorithmError' = 'ClientError'
  ) {
    super(message);
  }
}
