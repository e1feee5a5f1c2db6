/** SageMaker's ARNs carry names in lower case. */
export function arnOf(
  account: { readonly region: string; readonly accountId: string },
  kind: 'model' | 'endpoint-config' | 'endpoint',
  name: string
): string {
  return `arn:aws:sagemaker:${account.region}:${account.accountId}:${kind}/${name.toLowerCase()}`;
}
