import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellWord } from '../../report/words';
import { renderProblems } from '../../spec/format';
import { readRolloutFile } from '../../spec/read';
import type { Environment } from '../../worker/config';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { examples, notice, print } from '../verb';
import type { Verb, VerbContext } from '../verb';

/** `sluice init`: a commented rollout file of five lines to begin with. Asks nothing, and overwrites nothing. */
export const initVerb: Verb = {
  declare(command, context) {
    command
      .argument('<endpoint>', 'name of the SageMaker endpoint')
      .option('--out <file>', 'where to write it', 'rollout.yaml');
    command.action(
      context.action((endpoint: string, options: { readonly out: string }) =>
        init(context, { endpoint, file: options.out })
      )
    );
    examples(command, [
      ['sluice init product-reviews', 'writes rollout.yaml; refused when it is there already'],
      ['sluice init product-reviews --out v8.yaml', 'another name'],
    ]);
  },
};

async function init(
  context: VerbContext,
  { endpoint, file }: { readonly endpoint: string; readonly file: string }
): Promise<ExitCode> {
  const text = template(endpoint, context.env);
  const read = readRolloutFile({ text, fileName: file, environment: context.env });
  if (!read.ok) {
    notice(context, renderProblems({ problems: read.problems, text, fileName: file }));
    return EXIT.badInput;
  }
  await write(path.resolve(context.cwd, file), { text, shown: file });
  const name = shellWord(file);
  print(
    context,
    `Wrote ${file}. Set the image, the artifact and the buckets, then:`,
    '',
    `  sluice validate ${name}   every mistake at once`,
    `  sluice plan ${name}       what would happen, without touching anything`,
    `  sluice deploy ${name}     go`
  );
  return EXIT.done;
}

async function write(
  target: string,
  { text, shown }: { readonly text: string; readonly shown: string }
): Promise<void> {
  try {
    await writeFile(target, text, { flag: 'wx' });
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
    const why =
      code === 'EEXIST' ? 'it is there already, and nothing is overwritten. Name another one: --out <file>' : code;
    throw new Mistake(`Cannot write ${shown}: ${why}`, EXIT.badInput, { cause: error });
  }
}

/** The role may come from the environment; a file that names it is good on every machine. */
function template(endpoint: string, { SLUICE_ROLE }: Environment): string {
  const role =
    SLUICE_ROLE === undefined || SLUICE_ROLE === ''
      ? 'aws: { role: arn:aws:iam::123456789012:role/sagemaker } # what SageMaker may do for the models'
      : '# aws: { role: arn:aws:iam::… }                             # SLUICE_ROLE stands in for it';
  return `# How a model replaces the one that serves. All keys: docs/rollout-file.md; for editors: sluice schema
endpoint: ${endpoint} # made by the first rollout, when it is not there yet
${role}
capture: { to: s3://my-bucket/capture } # SageMaker writes requests and answers there
candidates: # the version that is to serve; its name is also its variant's
  - { name: v1, container: { image: my-image:1, artifact: s3://my-bucket/v1/model.tar.gz } }
# By default one request in ten goes to it until the guard on errors (5xx) decides, then all. For example:
# guards: [{ kind: errors, slo: 0.5% }] # may pass by its own rate, where the old model never fails
# stages: [{ canary: { share: 5%, until: { decided: true, atMost: 6h }, onInconclusive: ask } }]
`;
}
