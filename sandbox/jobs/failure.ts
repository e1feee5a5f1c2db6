/** Why a job failed; the message becomes its FailureReason. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
}

/** SageMaker says who is to blame and points to the logs; what the sandbox knows beside that stands in brackets. */
export function seeJobLogs(
  blame: 'ClientError' | 'AlgorithmError',
  of: { readonly exitCode?: number; readonly hint: string }
): JobFailure {
  const exit = of.exitCode === undefined ? '' : `, exit code: ${of.exitCode}`;
  return new JobFailure(`${blame}: See job logs for more information${exit} (Sandbox: ${of.hint})`);
}

/** SageMaker's text for an input below which there is nothing. */
export function noObjects(at: {
  readonly url: string;
  readonly region: string;
  readonly roleArn?: string;
}): JobFailure {
  const role = at.roleArn === undefined ? 'the role' : `the role "${at.roleArn}"`;
  const bucket = /^s3:\/\/([^/]+)/.exec(at.url)?.[1] ?? at.url;
  return new JobFailure(
    `ClientError: Data download failed:No S3 objects found under S3 URL "${at.url}" given in input data source. Please ensure that the bucket exists in the selected region (${at.region}), that objects exist under that S3 prefix, and that ${role} has "s3:ListBucket" permissions on bucket "${bucket}".`
  );
}
