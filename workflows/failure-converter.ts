import { DefaultFailureConverter } from '@temporalio/common';

/** With a payload codec messages and stack traces of failures are payloads, too, so that the codec covers them. Loaded by path, in the worker and into its bundle. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
