import type * as Api from '@aws-sdk/client-application-auto-scaling';
import type { CallContext } from '../wire/aws-json';
import type { Answered, Checked } from '../wire/types';

/** Input and output of the operations that have a behaviour here. */
interface Operations {
  DeleteScalingPolicy: [Api.DeleteScalingPolicyCommandInput, Api.DeleteScalingPolicyCommandOutput];
  DeleteScheduledAction: [Api.DeleteScheduledActionCommandInput, Api.DeleteScheduledActionCommandOutput];
  DeregisterScalableTarget: [Api.DeregisterScalableTargetCommandInput, Api.DeregisterScalableTargetCommandOutput];
  DescribeScalableTargets: [Api.DescribeScalableTargetsCommandInput, Api.DescribeScalableTargetsCommandOutput];
  DescribeScalingActivities: [Api.DescribeScalingActivitiesCommandInput, Api.DescribeScalingActivitiesCommandOutput];
  DescribeScalingPolicies: [Api.DescribeScalingPoliciesCommandInput, Api.DescribeScalingPoliciesCommandOutput];
  DescribeScheduledActions: [Api.DescribeScheduledActionsCommandInput, Api.DescribeScheduledActionsCommandOutput];
  ListTagsForResource: [Api.ListTagsForResourceCommandInput, Api.ListTagsForResourceCommandOutput];
  PutScalingPolicy: [Api.PutScalingPolicyCommandInput, Api.PutScalingPolicyCommandOutput];
  PutScheduledAction: [Api.PutScheduledActionCommandInput, Api.PutScheduledActionCommandOutput];
  RegisterScalableTarget: [Api.RegisterScalableTargetCommandInput, Api.RegisterScalableTargetCommandOutput];
  TagResource: [Api.TagResourceCommandInput, Api.TagResourceCommandOutput];
  UntagResource: [Api.UntagResourceCommandInput, Api.UntagResourceCommandOutput];
}

/** The behaviour of some operations, typed by the SDK. Handlers throw AwsError for what AWS would refuse. */
export type ScalingHandlers<Names extends keyof Operations = keyof Operations> = {
  readonly [K in Names]: (input: Checked<Operations[K][0]>, call: CallContext) => Promise<Answered<Operations[K][1]>>;
};
