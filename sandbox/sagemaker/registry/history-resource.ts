import type { ControlResource } from '../../http/control';
import type { Tables } from '../tables';

/**
 * `GET` the states of all model packages, or of `?arn=`: what AWS sends to its event bus at each change, and no operation tells
 * later.
 */
export function packageHistoryResource(tables: Pick<Tables, 'packages'>): ControlResource {
  return async ({ method, exchange }) => {
    if (method !== 'GET') return undefined;
    const arn = exchange.query.get('arn');
    const events = tables.packages
      .all()
      .filter((record) => arn === null || record.arn === arn)
      .flatMap((record) =>
        record.history.map((event) => ({
          time: new Date(event.atMs).toISOString(),
          'detail-type': 'SageMaker Model Package State Change',
          resources: [record.arn],
          detail: {
            ...(record.group
              ? { ModelPackageGroupName: record.group.name, ModelPackageVersion: record.group.version }
              : { ModelPackageName: record.id }),
            ModelPackageArn: record.arn,
            ModelPackageStatus: event.status,
            ModelApprovalStatus: event.approval,
            ApprovalDescription: event.approvalDescription,
            UpdatedModelPackageFields: event.changed,
          },
        }))
      );
    return { events };
  };
}
