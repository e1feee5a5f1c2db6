"""One script for two servers: what each answers, without what must differ (ids, times, hosts). Only what the peer does as AWS
does: moto forgets a list's filter after the first page, keeps both values of a tag that is set twice, and creates what exists."""
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

config = Config(retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'})
s3, sm = boto3.client('s3', config=config), boto3.client('sagemaker', config=config)
out = {}


def probe(name, call, *parts, **args):
    """Notes these parts of the answer, or code and status of the error."""
    try:
        answer = call(**args)
    except ClientError as e:
        out[name] = [e.response['Error']['Code'], e.response['ResponseMetadata']['HTTPStatusCode']]
        return {}
    out[name] = {part: answer[part].read().decode() if part == 'Body' else answer[part] for part in parts if part in answer}
    return answer


def message(name, call, **args):
    try:
        call(**args)
        out[name] = 'done'
    except ClientError as e:
        out[name] = [e.response['Error']['Code'], e.response['Error']['Message']]


B = {'Bucket': 'peer'}
probe('create bucket', s3.create_bucket, **B)
probe('head bucket', s3.head_bucket, **B)
probe('head missing bucket', s3.head_bucket, Bucket='no-such-bucket')
probe('put', s3.put_object, 'ETag', **B, Key='a/1', Body=b'hello', ContentType='text/plain', Metadata={'k': 'v'})
probe('get', s3.get_object, 'Body', 'ContentType', 'ContentLength', 'ETag', 'Metadata', **B, Key='a/1')
probe('head', s3.head_object, 'ContentType', 'ContentLength', 'ETag', 'Metadata', **B, Key='a/1')
probe('range', s3.get_object, 'Body', 'ContentRange', 'ContentLength', **B, Key='a/1', Range='bytes=1-3')
probe('suffix range', s3.get_object, 'Body', 'ContentRange', **B, Key='a/1', Range='bytes=-2')
probe('range beyond', s3.get_object, **B, Key='a/1', Range='bytes=99-')
probe('get missing', s3.get_object, **B, Key='none')
probe('head missing', s3.head_object, **B, Key='none')
probe('get from missing bucket', s3.get_object, Bucket='no-such-bucket', Key='x')
probe('if none match', s3.put_object, **B, Key='a/1', Body=b'', IfNoneMatch='*')
probe('if match', s3.get_object, **B, Key='a/1', IfMatch='"0"')
probe('empty', s3.put_object, 'ETag', **B, Key='a/empty', Body=b'')
probe('unicode', s3.put_object, 'ETag', **B, Key='ä/ü +%&', Body='ö'.encode())
probe('get unicode', s3.get_object, 'Body', **B, Key='ä/ü +%&')
probe('copy', s3.copy_object, **B, Key='b/1', CopySource='peer/a/1')
probe('get copy', s3.get_object, 'Body', 'ContentType', 'Metadata', **B, Key='b/1')
probe('copy of missing', s3.copy_object, **B, Key='b/2', CopySource='peer/none')
for n in range(5):
    s3.put_object(**B, Key=f'n/{n}', Body=b'x' * n)
pages = [[o['Key'] for o in p.get('Contents', [])] for p in s3.get_paginator('list_objects_v2').paginate(**B, PaginationConfig={'PageSize': 2})]
out['pages'] = pages
probe('delimiter', s3.list_objects_v2, 'KeyCount', 'CommonPrefixes', 'IsTruncated', **B, Delimiter='/')
out['prefix'] = [[o['Key'], o['Size'], o['ETag']] for o in s3.list_objects_v2(**B, Prefix='n/', StartAfter='n/1')['Contents']]
probe('list version 1', s3.list_objects, 'IsTruncated', 'Prefix', **B, Prefix='a/', MaxKeys=1)
upload = s3.create_multipart_upload(**B, Key='multi', ContentType='text/csv')['UploadId']
M = {**B, 'Key': 'multi', 'UploadId': upload}
parts = [{'PartNumber': n, 'ETag': s3.upload_part(**M, PartNumber=n, Body=body)['ETag']} for n, body in ((1, b'a' * (5 << 20)), (2, b'end'))]
out['parts'] = [[p['PartNumber'], p['ETag'], p['Size']] for p in s3.list_parts(**M)['Parts']]
probe('complete', s3.complete_multipart_upload, 'ETag', **M, MultipartUpload={'Parts': parts})
probe('multipart head', s3.head_object, 'ContentLength', 'ContentType', 'ETag', **B, Key='multi')
probe('complete again', s3.abort_multipart_upload, **{**M, 'UploadId': 'none'})
probe('tag', s3.put_object_tagging, **B, Key='a/1', Tagging={'TagSet': [{'Key': 'k', 'Value': 'v'}]})
probe('tags', s3.get_object_tagging, 'TagSet', **B, Key='a/1')
out['delete many'] = sorted(d['Key'] for d in s3.delete_objects(**B, Delete={'Objects': [{'Key': 'n/0'}, {'Key': 'none'}]})['Deleted'])
probe('delete missing', s3.delete_object, **B, Key='none')
probe('delete full bucket', s3.delete_bucket, **B)

ROLE = 'arn:aws:iam::123456789012:role/r'
for name in ('m-1', 'm-2', 'other'):
    sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={'Image': 'server:1'}, Tags=[{'Key': 'n', 'Value': name}])


def variant(name, model, weight):
    return {'VariantName': name, 'ModelName': model, 'InstanceType': 'ml.m5.large', 'InitialInstanceCount': 1, 'InitialVariantWeight': weight}


sm.create_endpoint_config(EndpointConfigName='c', ProductionVariants=[variant('a', 'm-1', 1.0), variant('b', 'm-2', 3.0)])
sm.create_endpoint(EndpointName='e', EndpointConfigName='c')
sm.get_waiter('endpoint_in_service').wait(EndpointName='e', WaiterConfig={'Delay': 0.05, 'MaxAttempts': 600})
made = sm.describe_model(ModelName='m-1')
out['model'] = [made['ModelName'], made['ModelArn'], made['ExecutionRoleArn'], made['PrimaryContainer']['Image']]
config = sm.describe_endpoint_config(EndpointConfigName='c')
out['config'] = [[v['VariantName'], v['ModelName'], v['InstanceType'], v['InitialInstanceCount'], v['InitialVariantWeight']] for v in config['ProductionVariants']]
endpoint = sm.describe_endpoint(EndpointName='e')
out['endpoint'] = [endpoint['EndpointStatus'], endpoint['EndpointConfigName'],
                   [[v['VariantName'], v['CurrentWeight'], v['DesiredWeight'], v['CurrentInstanceCount']] for v in endpoint['ProductionVariants']]]
weights = lambda *names: [{'VariantName': n, 'DesiredWeight': 2.0} for n in names]
message('unknown variant', sm.update_endpoint_weights_and_capacities, EndpointName='e', DesiredWeightsAndCapacities=weights('z'))
message('repeated variant', sm.update_endpoint_weights_and_capacities, EndpointName='e', DesiredWeightsAndCapacities=weights('a', 'a'))
message('weights', sm.update_endpoint_weights_and_capacities, EndpointName='e', DesiredWeightsAndCapacities=weights('a'))
sm.get_waiter('endpoint_in_service').wait(EndpointName='e', WaiterConfig={'Delay': 0.05, 'MaxAttempts': 600})
out['reweighted'] = [[v['VariantName'], v['DesiredWeight']] for v in sm.describe_endpoint(EndpointName='e')['ProductionVariants']]
out['listed'] = sorted(m['ModelName'] for p in sm.get_paginator('list_models').paginate(MaxResults=1) for m in p['Models'])
out['endpoints'] = [e['EndpointName'] for e in sm.list_endpoints(NameContains='e', StatusEquals='InService')['Endpoints']]
sm.add_tags(ResourceArn=made['ModelArn'], Tags=[{'Key': 'more', 'Value': '1'}])
out['model tags'] = sorted([t['Key'], t['Value']] for t in sm.list_tags(ResourceArn=made['ModelArn'])['Tags'])
sm.delete_tags(ResourceArn=made['ModelArn'], TagKeys=['n'])
out['tags left'] = [[t['Key'], t['Value']] for t in sm.list_tags(ResourceArn=made['ModelArn'])['Tags']]

sm.create_model_package_group(ModelPackageGroupName='g', ModelPackageGroupDescription='d')
spec = {'Containers': [{'Image': 'server:1'}], 'SupportedContentTypes': ['text/csv'], 'SupportedResponseMIMETypes': ['text/csv']}
versions = [sm.create_model_package(ModelPackageGroupName='g', InferenceSpecification=spec, ModelApprovalStatus=a)['ModelPackageArn']
            for a in ('PendingManualApproval', 'Rejected')]
out['versions'] = versions
sm.update_model_package(ModelPackageArn=versions[0], ModelApprovalStatus='Approved', ApprovalDescription='why', CustomerMetadataProperties={'k': 'v'})
probe('version', sm.describe_model_package, 'ModelPackageGroupName', 'ModelPackageVersion', 'ModelPackageArn', 'ModelPackageStatus', 'ModelApprovalStatus',
      'ApprovalDescription', 'CustomerMetadataProperties', 'InferenceSpecification', ModelPackageName=versions[0])
probe('group', sm.describe_model_package_group, 'ModelPackageGroupName', 'ModelPackageGroupArn', 'ModelPackageGroupDescription', 'ModelPackageGroupStatus',
      ModelPackageGroupName='g')
message('missing group', sm.describe_model_package_group, ModelPackageGroupName='none')
probe('version of missing group', sm.create_model_package, ModelPackageGroupName='none', InferenceSpecification=spec)
out['approved'] = [[p['ModelPackageVersion'], p['ModelApprovalStatus']] for p in
                   sm.list_model_packages(ModelPackageGroupName='g', ModelPackageType='Versioned')['ModelPackageSummaryList']]
print(json.dumps(out))
