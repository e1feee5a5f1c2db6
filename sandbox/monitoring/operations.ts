import type * as Api from '@aws-sdk/client-sagemaker';

/** Input and output of the operations on monitoring. */
export interface MonitoringOperations extends DefinitionOperations {
  CreateMonitoringSchedule: [Api.CreateMonitoringScheduleCommandInput, Api.CreateMonitoringScheduleCommandOutput];
  DeleteMonitoringSchedule: [Api.DeleteMonitoringScheduleCommandInput, Api.DeleteMonitoringScheduleCommandOutput];
  DescribeMonitoringSchedule: [Api.DescribeMonitoringScheduleCommandInput, Api.DescribeMonitoringScheduleCommandOutput];
  ListMonitoringExecutions: [Api.ListMonitoringExecutionsCommandInput, Api.ListMonitoringExecutionsCommandOutput];
  ListMonitoringSchedules: [Api.ListMonitoringSchedulesCommandInput, Api.ListMonitoringSchedulesCommandOutput];
  StartMonitoringSchedule: [Api.StartMonitoringScheduleCommandInput, Api.StartMonitoringScheduleCommandOutput];
  StopMonitoringSchedule: [Api.StopMonitoringScheduleCommandInput, Api.StopMonitoringScheduleCommandOutput];
  UpdateMonitoringSchedule: [Api.UpdateMonitoringScheduleCommandInput, Api.UpdateMonitoringScheduleCommandOutput];
}

/** Four kinds of job definitions, with the same four operations each. */
export interface DefinitionOperations {
  CreateDataQualityJobDefinition: [Api.CreateDataQualityJobDefinitionCommandInput, Created];
  CreateModelBiasJobDefinition: [Api.CreateModelBiasJobDefinitionCommandInput, Created];
  CreateModelExplainabilityJobDefinition: [Api.CreateModelExplainabilityJobDefinitionCommandInput, Created];
  CreateModelQualityJobDefinition: [Api.CreateModelQualityJobDefinitionCommandInput, Created];
  DeleteDataQualityJobDefinition: [Api.DeleteDataQualityJobDefinitionCommandInput, object];
  DeleteModelBiasJobDefinition: [Api.DeleteModelBiasJobDefinitionCommandInput, object];
  DeleteModelExplainabilityJobDefinition: [Api.DeleteModelExplainabilityJobDefinitionCommandInput, object];
  DeleteModelQualityJobDefinition: [Api.DeleteModelQualityJobDefinitionCommandInput, object];
  DescribeDataQualityJobDefinition: [Api.DescribeDataQualityJobDefinitionCommandInput, object];
  DescribeModelBiasJobDefinition: [Api.DescribeModelBiasJobDefinitionCommandInput, object];
  DescribeModelExplainabilityJobDefinition: [Api.DescribeModelExplainabilityJobDefinitionCommandInput, object];
  DescribeModelQualityJobDefinition: [Api.DescribeModelQualityJobDefinitionCommandInput, object];
  ListDataQualityJobDefinitions: [Api.ListDataQualityJobDefinitionsCommandInput, Listed];
  ListModelBiasJobDefinitions: [Api.ListModelBiasJobDefinitionsCommandInput, Listed];
  ListModelExplainabilityJobDefinitions: [Api.ListModelExplainabilityJobDefinitionsCommandInput, Listed];
  ListModelQualityJobDefinitions: [Api.ListModelQualityJobDefinitionsCommandInput, Listed];
}

type Created = Api.CreateDataQualityJobDefinitionCommandOutput;
type Listed = Api.ListDataQualityJobDefinitionsCommandOutput;
