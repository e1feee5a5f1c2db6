import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { httpCaller, startModel } from '../../monitors/attribution/caller';
import type { CallFormat, StartedModel } from '../../monitors/attribution/caller';
import type { VerbContext } from '../verb';

/** Whom to ask, and how; only the attribution of answers asks. */
export interface ModelOptions {
  readonly model?: string;
  readonly modelFormat: CallFormat['contentType'];
  readonly modelTemplate?: string;
  readonly modelValue?: string;
}

export function modelOptions(command: Command): Command {
  return command
    .option(
      '--model <address|command>',
      'the model, for attribution: http://…/invocations of a container that serves nobody else, or a command that starts one on $SAGEMAKER_BIND_TO_PORT'
    )
    .option('--model-format <type>', 'text/csv: a line a row; application/jsonlines', contentType, 'text/csv')
    .option('--model-template <json>', 'a row of JSON lines, such as {"instances":[$features]}')
    .option(
      '--model-value <place>',
      'a column of its CSV from 0 on (default: all), or JMESPath into a line of its JSON'
    );
}

/** The model to ask; null where none is named. A command is started, and must be stopped. */
export async function modelOf(
  context: VerbContext,
  { model, modelFormat, modelTemplate, modelValue }: ModelOptions
): Promise<StartedModel | null> {
  if (model === undefined) return null;
  const isColumn = modelValue !== undefined && /^\d+$/.test(modelValue);
  const format: CallFormat = {
    contentType: modelFormat,
    ...(modelTemplate !== undefined && { template: modelTemplate }),
    ...(modelValue !== undefined && { value: isColumn ? Number(modelValue) : modelValue }),
  };
  if (/^https?:\/\//.test(model)) return { model: httpCaller(model, format), stop: () => Promise.resolve() };
  return startModel(model, { format, env: context.env });
}

function contentType(text: string): CallFormat['contentType'] {
  if (text === 'text/csv' || text === 'application/jsonlines') return text;
  throw new InvalidArgumentError('It must be text/csv or application/jsonlines.');
}
