import type * as Api from '@aws-sdk/client-sagemaker';
import type { JobOperations } from '../jobs/operations';
import type { MonitoringOperations } from '../monitoring/operations';
import type { CallContext } from '../wire/aws-json';
import type { Answered, Checked } from '../wire/types';

/** Input and output of the operations that have a behaviour here. Adding an operation is adding a line and a handler. */
interface Operations extends JobOperations, MonitoringOperations {
  AddTags: [Api.AddTagsCommandInput, Api.AddTagsCommandOutput];
  BatchDescribeModelPackage: [Api.BatchDescribeModelPackageCommandInput, Api.BatchDescribeModelPackageCommandOutput];
  CreateEndpoint: [Api.CreateEndpointCommandInput, Api.CreateEndpointCommandOutput];
  CreateEndpointConfig: [Api.CreateEndpointConfigCommandInput, Api.CreateEndpointConfigCommandOutput];
  CreateInferenceExperiment: [Api.CreateInferenceExperimentCommandInput, Api.CreateInferenceExperimentCommandOutput];
  CreateModel: [Api.CreateModelCommandInput, Api.CreateModelCommandOutput];
  CreateModelPackage: [Api.CreateModelPackageCommandInput, Api.CreateModelPackageCommandOutput];
  CreateModelPackageGroup: [Api.CreateModelPackageGroupCommandInput, Api.CreateModelPackageGroupCommandOutput];
  DeleteEndpoint: [Api.DeleteEndpointCommandInput, Api.DeleteEndpointCommandOutput];
  DeleteEndpointConfig: [Api.DeleteEndpointConfigCommandInput, Api.DeleteEndpointConfigCommandOutput];
  DeleteInferenceExperiment: [Api.DeleteInferenceExperimentCommandInput, Api.DeleteInferenceExperimentCommandOutput];
  DeleteModel: [Api.DeleteModelCommandInput, Api.DeleteModelCommandOutput];
  DeleteModelPackage: [Api.DeleteModelPackageCommandInput, Api.DeleteModelPackageCommandOutput];
  DeleteModelPackageGroup: [Api.DeleteModelPackageGroupCommandInput, Api.DeleteModelPackageGroupCommandOutput];
  DeleteModelPackageGroupPolicy: [
    Api.DeleteModelPackageGroupPolicyCommandInput,
    Api.DeleteModelPackageGroupPolicyCommandOutput,
  ];
  DeleteTags: [Api.DeleteTagsCommandInput, Api.DeleteTagsCommandOutput];
  DescribeEndpoint: [Api.DescribeEndpointCommandInput, Api.DescribeEndpointCommandOutput];
  DescribeEndpointConfig: [Api.DescribeEndpointConfigCommandInput, Api.DescribeEndpointConfigCommandOutput];
  DescribeInferenceExperiment: [
    Api.DescribeInferenceExperimentCommandInput,
    Api.DescribeInferenceExperimentCommandOutput,
  ];
  DescribeModel: [Api.DescribeModelCommandInput, Api.DescribeModelCommandOutput];
  DescribeModelPackage: [Api.DescribeModelPackageCommandInput, Api.DescribeModelPackageCommandOutput];
  DescribeModelPackageGroup: [Api.DescribeModelPackageGroupCommandInput, Api.DescribeModelPackageGroupCommandOutput];
  GetModelPackageGroupPolicy: [Api.GetModelPackageGroupPolicyCommandInput, Api.GetModelPackageGroupPolicyCommandOutput];
  ListEndpointConfigs: [Api.ListEndpointConfigsCommandInput, Api.ListEndpointConfigsCommandOutput];
  ListEndpoints: [Api.ListEndpointsCommandInput, Api.ListEndpointsCommandOutput];
  ListInferenceExperiments: [Api.ListInferenceExperimentsCommandInput, Api.ListInferenceExperimentsCommandOutput];
  ListModelPackageGroups: [Api.ListModelPackageGroupsCommandInput, Api.ListModelPackageGroupsCommandOutput];
  ListModelPackages: [Api.ListModelPackagesCommandInput, Api.ListModelPackagesCommandOutput];
  ListModels: [Api.ListModelsCommandInput, Api.ListModelsCommandOutput];
  ListTags: [Api.ListTagsCommandInput, Api.ListTagsCommandOutput];
  PutModelPackageGroupPolicy: [Api.PutModelPackageGroupPolicyCommandInput, Api.PutModelPackageGroupPolicyCommandOutput];
  StartInferenceExperiment: [Api.StartInferenceExperimentCommandInput, Api.StartInferenceExperimentCommandOutput];
  StopInferenceExperiment: [Api.StopInferenceExperimentCommandInput, Api.StopInferenceExperimentCommandOutput];
  UpdateEndpoint: [Api.UpdateEndpointCommandInput, Api.UpdateEndpointCommandOutput];
  UpdateEndpointWeightsAndCapacities: [
    Api.UpdateEndpointWeightsAndCapacitiesCommandInput,
    Api.UpdateEndpointWeightsAndCapacitiesCommandOutput,
  ];
  UpdateInferenceExperiment: [Api.UpdateInferenceExperimentCommandInput, Api.UpdateInferenceExperimentCommandOutput];
  UpdateModelPackage: [Api.UpdateModelPackageCommandInput, Api.UpdateModelPackageCommandOutput];
}

/** The behaviour of some operations, typed by the SDK. Handlers throw AwsError for what AWS would refuse. */
export type Handlers<Names extends keyof Operations = keyof Operations> = {
  readonly [K in Names]: (input: Checked<Operations[K][0]>, call: CallContext) => Promise<Answered<Operations[K][1]>>;
};
