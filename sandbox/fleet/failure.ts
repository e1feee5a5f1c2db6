import { tailOf } from '../observe/log-files';

/** Why a fleet could not be brought into service; the message becomes the endpoint's FailureReason. */
export class FleetFailure extends Error {
  override readonly name = 'FleetFailure';
}

/** SageMaker's text for a container that never answered its health check. */
export function pingFailure(hostname: string, variant: string, hint = ''): FleetFailure {
  return new FleetFailure(
    `The ${hostname} container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.${hint}`
  );
}

/** A last line that is longer says nothing more at a glance. */
const LAST_LINE_CHARS = 200;

/** What a container printed last, and where the rest of it is; to be put behind AWS's own words. */
export function logHint(container: {
  readonly variant: string;
  /** Begins with the endpoint's name. */
  readonly label: string;
  readonly logFile: string;
}): string {
  const { variant, label, logFile } = container;
  const line = tailOf(logFile, 4096).trimEnd().split('\n').at(-1)?.slice(0, LAST_LINE_CHARS) ?? '';
  const last = line === '' ? 'It has printed nothing' : `Its last line was "${line}"`;
  return ` (Sandbox: ${last}; see GET /_sandbox/logs?endpoint=${label.split('/')[0]}&variant=${variant}.)`;
}
