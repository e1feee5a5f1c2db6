import type * as Api from '@aws-sdk/client-sagemaker';

/** Input and output of the operations on jobs. */
export interface JobOperations {
  CreateProcessingJob: [Api.CreateProcessingJobCommandInput, Api.CreateProcessingJobCommandOutput];
  CreateTransformJob: [Api.CreateTransformJobCommandInput, Api.CreateTransformJobCommandOutput];
  DeleteProcessingJob: [{ ProcessingJobName: string | undefined }, object];
  DescribeProcessingJob: [Api.DescribeProcessingJobCommandInput, Api.DescribeProcessingJobCommandOutput];
  DescribeTransformJob: [Api.DescribeTransformJobCommandInput, Api.DescribeTransformJobCommandOutput];
  ListProcessingJobs: [Api.ListProcessingJobsCommandInput, Api.ListProcessingJobsCommandOutput];
  ListTransformJobs: [Api.ListTransformJobsCommandInput, Api.ListTransformJobsCommandOutput];
  StopProcessingJob: [Api.StopProcessingJobCommandInput, Api.StopProcessingJobCommandOutput];
  StopTransformJob: [Api.StopTransformJobCommandInput, Api.StopTransformJobCommandOutput];
}
