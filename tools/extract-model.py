#!/usr/bin/env python3
"""Extracts the facts that the sandbox checks requests by (names, types, limits, patterns) from botocore's service model.

Usage:  python3 -m venv /tmp/v && /tmp/v/bin/pip install botocore && /tmp/v/bin/python tools/extract-model.py [--check]

Writes sandbox/wire/model/<service>.json for the operations listed below, without any prose, and NOTICE with the source's
version and hash. With --check nothing is written: it fails when the committed files differ from what would be written.
"""
import gzip
import hashlib
import json
import os
import sys

import botocore

TARGET = os.path.join(os.path.dirname(__file__), '..', 'sandbox', 'wire', 'model')

CRUD = ('Create', 'Describe', 'List', 'Delete')
JOB_DEFINITIONS = ('DataQuality', 'ModelQuality', 'ModelBias', 'ModelExplainability')

SAGEMAKER = [
    *(verb + noun + ('s' if verb == 'List' else '') for verb in CRUD for noun in ('Model', 'EndpointConfig', 'Endpoint')),
    'UpdateEndpoint', 'UpdateEndpointWeightsAndCapacities', 'AddTags', 'ListTags', 'DeleteTags',
    *(verb + noun for noun in ('TransformJob', 'ProcessingJob', 'TrainingJob') for verb in ('Create', 'Describe', 'Stop')),
    'ListTransformJobs', 'ListProcessingJobs', 'ListTrainingJobs', 'DeleteProcessingJob',
    *(verb + kind + 'JobDefinition' + ('s' if verb == 'List' else '') for kind in JOB_DEFINITIONS for verb in CRUD),
    *(verb + 'MonitoringSchedule' for verb in ('Create', 'Describe', 'Update', 'Start', 'Stop', 'Delete')),
    'ListMonitoringSchedules', 'ListMonitoringExecutions', 'ListMonitoringAlerts',
    *(verb + 'InferenceExperiment' for verb in ('Create', 'Describe', 'Update', 'Start', 'Stop', 'Delete')),
    'ListInferenceExperiments',
    *(verb + 'ModelPackage' for verb in ('Create', 'Describe', 'Update', 'Delete')), 'ListModelPackages',
    'BatchDescribeModelPackage',
    *(verb + 'ModelPackageGroup' for verb in ('Create', 'Describe', 'Delete')), 'ListModelPackageGroups',
    *(verb + 'ModelPackageGroupPolicy' for verb in ('Put', 'Get', 'Delete')),
]

AUTO_SCALING = [
    'RegisterScalableTarget', 'DeregisterScalableTarget', 'DescribeScalableTargets',
    'PutScalingPolicy', 'DeleteScalingPolicy', 'DescribeScalingPolicies',
    'PutScheduledAction', 'DeleteScheduledAction', 'DescribeScheduledActions',
    'DescribeScalingActivities', 'TagResource', 'UntagResource', 'ListTagsForResource',
]

SERVICES = {
    'sagemaker': SAGEMAKER,
    'sagemaker-runtime': ['InvokeEndpoint', 'InvokeEndpointAsync', 'InvokeEndpointWithResponseStream'],
    'application-autoscaling': AUTO_SCALING,
}

SHAPE_KEYS = ('type', 'required', 'min', 'max', 'pattern', 'enum', 'union', 'exception', 'error')
MEMBER_KEYS = ('location', 'locationName', 'idempotencyToken', 'jsonvalue')


def member(raw):
    """A member that says nothing but its shape is written as that shape's name."""
    rest = {key: raw[key] for key in MEMBER_KEYS if key in raw}
    return {'shape': raw['shape'], **rest} if rest else raw['shape']


def shape(raw):
    out = {key: raw[key] for key in SHAPE_KEYS if key in raw}
    # A length is never below 0, a number may be.
    if raw.get('min') == 0 and raw['type'] in ('string', 'list', 'map'):
        del out['min']
    if raw['type'] == 'structure':
        out['members'] = {name: member(raw['members'][name]) for name in sorted(raw['members'])}
    for part in ('member', 'key', 'value'):
        if part in raw:
            out[part] = raw[part]['shape']
    return out


def referenced(raw):
    yield from (m['shape'] for m in raw.get('members', {}).values())
    yield from (raw[part]['shape'] for part in ('member', 'key', 'value') if part in raw)


def subset(model, wanted):
    missing = sorted(set(wanted) - set(model['operations']))
    if missing:
        raise SystemExit(f'not in this botocore: {", ".join(missing)}')
    operations, queue, shapes = {}, [], {}
    for name in sorted(set(wanted)):
        raw = model['operations'][name]
        op = {key: raw[key]['shape'] for key in ('input', 'output') if key in raw}
        errors = [e['shape'] for e in raw.get('errors', [])]
        operations[name] = {**op, 'errors': errors}
        queue += [*op.values(), *errors]
    while queue:
        name = queue.pop()
        if name not in shapes:
            shapes[name] = shape(model['shapes'][name])
            queue += referenced(model['shapes'][name])
    others = sorted(set(model['operations']) - set(operations))
    return operations, shapes, others


def render(head, operations, shapes, others):
    """One operation or shape a line, so that a diff between two model versions can be read."""
    def block(entries):
        return '{\n' + ',\n'.join(f'{json.dumps(k)}:{json.dumps(entries[k], separators=(",", ":"))}' for k in sorted(entries)) + '\n}'
    fields = [f'{json.dumps(key)}:{json.dumps(value)}' for key, value in head.items()]
    fields += [f'"operations":{block(operations)}', f'"shapes":{block(shapes)}', '"otherOperations":' + json.dumps(others)]
    return '{\n' + ',\n'.join(fields) + '\n}\n'


def load(service):
    base = os.path.join(os.path.dirname(botocore.__file__), 'data', service)
    path = os.path.join(base, sorted(os.listdir(base))[-1], 'service-2.json')
    with (gzip.open(path + '.gz', 'rb') if os.path.exists(path + '.gz') else open(path, 'rb')) as file:
        content = file.read()
    return json.loads(content), hashlib.sha256(content).hexdigest()


def outputs():
    notice = [
        'The JSON files in this directory hold facts (names, types, limits, patterns) extracted by tools/extract-model.py',
        'from the service models of botocore, Copyright Amazon.com, Inc. or its affiliates, licensed under the Apache License 2.0',
        '(https://www.apache.org/licenses/LICENSE-2.0). All documentation text was removed.',
        '',
        f'botocore {botocore.__version__}',
    ]
    for service, wanted in SERVICES.items():
        model, digest = load(service)
        operations, shapes, others = subset(model, wanted)
        head = {
            'service': service,
            'apiVersion': model['metadata']['apiVersion'],
            'targetPrefix': model['metadata'].get('targetPrefix', ''),
            'source': f'botocore {botocore.__version__}',
        }
        notice.append(f'{service} {head["apiVersion"]} service-2.json sha256 {digest}')
        yield f'{service}.json', render(head, operations, shapes, others)
    yield 'NOTICE', '\n'.join(notice) + '\n'


def main():
    check, stale = '--check' in sys.argv[1:], []
    for name, text in outputs():
        path = os.path.join(TARGET, name)
        if check:
            with open(path) as file:
                stale += [name] if file.read() != text else []
        else:
            with open(path, 'w') as file:
                file.write(text)
    if stale:
        raise SystemExit(f'differs from botocore {botocore.__version__}: {", ".join(stale)}')


if __name__ == '__main__':
    main()
