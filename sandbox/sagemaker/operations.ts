import type * as Api from '@aws-sdk/client-sagemaker';
import type { CallContext } from '../wire/aws-json';
import type { Answered, Checked } from '../wire/types';

/** Input and output of the operations that have a behaviour here. Adding an operation is adding a line and a handler. */
interface Operations {
  AddTags: [Api.AddTagsCommandInput, Api.AddTagsCommandOutput];
  CreateEndpoint: [Api.CreateEndpointCommandInput, Api.CreateEndpointCommandOutput];
  CreateEndpointConfig: [Api.CreateEndpointConfigCommandInput, Api.CreateEndpointConfigCommandOutput];
  CreateModel: [Api.CreateModelCommandInput, Api.CreateModelCommandOutput];
  DeleteEndpoint: [Api.DeleteEndpointCommandInput, Api.DeleteEndpointCommandOutput];
  DeleteEndpointConfig: [Api.DeleteEndpointConfigCommandInput, Api.DeleteEndpointConfigCommandOutput];
  DeleteModel: [Api.DeleteModelCommandInput, Api.DeleteModelCommandOutput];
  DeleteTags: [Api.DeleteTagsCommandInput, Api.DeleteTagsCommandOutput];
  DescribeEndpoint: [Api.DescribeEndpointCommandInput, Api.DescribeEndpointCommandOutput];
  DescribeEndpointConfig: [Api.DescribeEndpointConfigCommandInput, Api.DescribeEndpointConfigCommandOutput];
  DescribeModel: [Api.DescribeModelCommandInput, Api.DescribeModelCommandOutput];
  ListEndpointConfigs: [Api.ListEndpointConfigsCommandInput, Api.ListEndpointConfigsCommandOutput];
  ListEndpoints: [Api.ListEndpointsCommandInput, Api.ListEndpointsCommandOutput];
  ListModels: [Api.ListModelsCommandInput, Api.ListModelsCommandOutput];
  ListTags: [Api.ListTagsCommandInput, Api.ListTagsCommandOutput];
  UpdateEndpoint: [Api.UpdateEndpointCommandInput, Api.UpdateEndpointCommandOutput];
  UpdateEndpointWeightsAndCapacities: [
    Api.UpdateEndpointWeightsAndCapacitiesCommandInput,
    Api.UpdateEndpointWeightsAndCapacitiesCommandOutput,
  ];
}

/** The behaviour of some operations, typed by the SDK. Handlers throw AwsError for what AWS would refuse. */
export type Handlers<Names extends keyof Operations = keyof Operations> = {
  readonly [K in Names]: (input: Checked<Operations[K][0]>, call: CallContext) => Promise<Answered<Operations[K][1]>>;
};
