/** A port is taken: says by whom, when the system tells, and what to do. Exit code 3 in the CLI. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse';
  readonly exitCode = 3;
  readonly port: number;
  /** What the port was wanted for. */
  readonly use: 'server' | 'UI';
  /** e.g. `temporal (pid 4711)`. */
  readonly holder: string | undefined;

  constructor({ port, use, holder }: { port: number; use: 'server' | 'UI'; holder: string | undefined }) {
    const remedy =
      use === 'server'
        ? `If that is the Temporal server you want, set TEMPORAL_ADDRESS=127.0.0.1:${port}; else stop it or choose another port.`
        : 'Stop it or choose another UI port.';
    super(
      `Port ${port} of 127.0.0.1, wanted for the Temporal ${use}, is in use by ${holder ?? 'another process'}. ${remedy}`
    );
    this.port = port;
    this.use = use;
    this.holder = holder;
  }
}

/** The dev server started and did not become usable; the message ends with its own last lines. Exit code 3 in the CLI. */
export class DevServerFailed extends Error {
  override readonly name = 'DevServerFailed';
  readonly exitCode = 3;

  constructor(
    readonly why: string,
    readonly output: string,
    cause?: unknown
  ) {
    super(
      `The Temporal dev server ${why}.${output ? ` It said:\n${output}` : ''}`,
      cause === undefined ? undefined : { cause }
    );
  }
}
