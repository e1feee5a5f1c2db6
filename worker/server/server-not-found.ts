import { PINS } from './pins';
import type { BinaryKind } from './source';

export interface Tried {
  readonly source: string;
  readonly reason: string;
}

function remedies(kind: BinaryKind): readonly string[] {
  const { project, version, executable } = PINS[kind];
  const install =
    kind === 'cli'
      ? 'install the Temporal CLI so that `temporal` is on PATH: https://docs.temporal.io/cli#install'
      : `put \`${executable}\` on PATH: https://github.com/temporalio/sdk-java/releases`;
  const pip = `install it by pip: pip install ${project}==${version}`;
  const network =
    'let this machine reach https://temporal.download or https://pypi.org; HTTPS_PROXY and pip’s index-url and cert are obeyed';
  const cluster = 'point TEMPORAL_ADDRESS (host:port) at a cluster that runs already';
  return kind === 'cli' ? [install, pip, network, cluster] : [install, pip, network];
}

/** No source had a server. Says what was tried, why each failed, and what to do; exit code 3 in the CLI. */
export class ServerNotFound extends Error {
  override readonly name = 'ServerNotFound';
  readonly exitCode = 3;
  readonly remedies: readonly string[];

  constructor(
    readonly kind: BinaryKind,
    readonly tried: readonly Tried[]
  ) {
    const width = Math.max(...tried.map(({ source }) => source.length));
    const what = kind === 'cli' ? 'Temporal server' : 'time-skipping Temporal test server';
    const todo = remedies(kind);
    super(
      [
        `No ${what} could be found or downloaded. Tried:`,
        ...tried.map(({ source, reason }) => `  ${source.padEnd(width)}  ${reason}`),
        'Do one of these:',
        ...todo.map((remedy) => `  - ${remedy}`),
      ].join('\n')
    );
    this.remedies = todo;
  }
}
