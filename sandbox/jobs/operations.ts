import type * as Api from '@aws-sdk/client-sagemaker';

/** Input and output of the operations on jobs. */
export interface JobOperations {
  CreateProcessingJob: [Api.CreateProcessingJobCommandInput, Api.CreateProcessingJobCommandOutput];
  CreateTrainingJob: [Api.CreateTrainingJobCommandInput, Api.CreateTrainingJobCommandOutput];
  CreateTransformJob: [Api.CreateTransformJobCommandInput, Api.CreateTransformJobCommandOutput];
  DeleteProcessingJob: [{ ProcessingJobName: string | undefined }, object];
  DescribeProcessingJob: [Api.DescribeProcessingJobCommandInput, Api.DescribeProcessingJobCommandOutput];
  DescribeTrainingJob: [Api.DescribeTrainingJobCommandInput, Api.DescribeTrainingJobCommandOutput];
  DescribeTransformJob: [Api.DescribeTransformJobCommandInput, Api.DescribeTransformJobCommandOutput];
  ListProcessingJobs: [Api.ListProcessingJobsCommandInput, Api.ListProcessingJobsCommandOutput];
  ListTrainingJobs: [Api.ListTrainingJobsCommandInput, Api.ListTrainingJobsCommandOutput];
  ListTransformJobs: [Api.ListTransformJobsCommandInput, Api.ListTransformJobsCommandOutput];
  StopProcessingJob: [Api.StopProcessingJobCommandInput, Api.StopProcessingJobCommandOutput];
  StopTrainingJob: [Api.StopTrainingJobCommandInput, Api.StopTrainingJobCommandOutput];
  StopTransformJob: [Api.StopTransformJobCommandInput, Api.StopTransformJobCommandOutput];
}
