import type { TestSandbox } from './harness';
import { ROLE, settledEndpoint } from './harness';

/** Uploads an archive, makes model, configuration and endpoint of one name from it, and waits. Returns the endpoint as described. */
export async function deployModel(
  box: TestSandbox,
  model: { readonly name: string; readonly image: string; readonly archive: Buffer }
) {
  const { name, image, archive } = model;
  const Bucket = 'models';
  await box.s3.createBucket({ Bucket }).catch((error: Error) => {
    if (!error.name.startsWith('BucketAlready')) throw error;
  });
  await box.s3.putObject({ Bucket, Key: `${name}/model.tar.gz`, Body: archive });
  await box.sagemaker.createModel({
    ModelName: name,
    ExecutionRoleArn: ROLE,
    PrimaryContainer: { Image: image, ModelDataUrl: `s3://${Bucket}/${name}/model.tar.gz` },
  });
  await box.sagemaker.createEndpointConfig({
    EndpointConfigName: name,
    ProductionVariants: [{ VariantName: 'v', ModelName: name, InstanceType: 'ml.m5.large', InitialInstanceCount: 1 }],
  });
  await box.sagemaker.createEndpoint({ EndpointName: name, EndpointConfigName: name });
  return settledEndpoint(box.sagemaker, name);
}
