import { startDevServer } from '../../../worker/server';

/** A process that owns a dev server and then does nothing: the test kills it. */
startDevServer({ port: 0, uiPort: 'off' }).then(
  ({ address }) => process.send?.(address),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  }
);
