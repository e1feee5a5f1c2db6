/** Why a fleet could not be brought into service; the message becomes the endpoint's FailureReason. */
export class FleetFailure extends Error {
  override readonly name = 'FleetFailure';
}

/** SageMaker's text for a container that never answered its health check. */
export function pingFailure(hostname: string, variant: string): FleetFailure {
  return new FleetFailure(
    `The ${hostname} container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`
  );
}
