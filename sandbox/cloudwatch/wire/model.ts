import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';

export interface OperationSchema {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

const operations = new Map<string, OperationSchema>(
  Object.values(cloudwatch).flatMap((value) => {
    if (!isOperation(value)) return [];
    const [, , name, , input, output] = value;
    return [[name, { name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }] as const];
  })
);

export function findOperation(name: string): OperationSchema | undefined {
  return operations.get(name);
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === 9;
}
