import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { adopt, adoptionOf } from '../../sagemaker/adoption';
import type { Adoption } from '../../sagemaker/adoption';
import { awsFailure } from '../../sagemaker/faults';
import { confirm } from '../confirm';
import { EXIT } from '../exit-codes';
import type { ExitCode } from '../exit-codes';
import { Mistake } from '../mistakes';
import { examples, print, printJson } from '../verb';
import type { Verb, VerbContext } from '../verb';

interface AdoptOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `sluice adopt`: shows what would change on an endpoint that Sluice did not make, asks, and marks it as one that it may change. */
export const adoptVerb: Verb = {
  declare(command, context) {
    command
      .argument('<endpoint>', 'name of a SageMaker endpoint')
      .option('--yes', 'do not ask')
      .option('--dry-run', 'show what would change, and stop')
      .option('--json', 'print as JSON; changes nothing without --yes')
      .action(context.action((endpoint: string, options: AdoptOptions) => run(context, endpoint, options)));
    examples(command, [
      ['sluice adopt product-reviews --dry-run', 'what would change'],
      ['sluice adopt product-reviews', 'show it, ask, and adopt'],
      ['sluice adopt product-reviews --yes --json', 'in a script'],
    ]);
  },
};

async function run(context: VerbContext, endpoint: string, options: AdoptOptions): Promise<ExitCode> {
  const client = new SageMakerClient({ maxAttempts: 3 });
  try {
    const adoption = await adoptionOf(client, endpoint);
    const mayAdopt = adoption.obstacles.length === 0 && !adoption.isOurs;
    const isWanted =
      mayAdopt && options.dryRun !== true && (options.yes === true || (await asked(context, adoption, options)));
    if (isWanted) await adopt(client, adoption);
    if (options.json) printJson(context, { ...adoption, adopted: isWanted });
    else
      print(
        context,
        ...(options.yes === true || !mayAdopt || options.dryRun === true ? linesOf(adoption) : []),
        concluding(adoption, isWanted)
      );
    return adoption.obstacles.length === 0 ? EXIT.done : EXIT.badInput;
  } catch (error) {
    const failure = awsFailure(error, `look at endpoint ${endpoint}`);
    const code =
      failure.type === 'ProviderUnavailable' || failure.type === 'Throttled' ? EXIT.unreachable : EXIT.badInput;
    throw new Mistake(`${failure.what} ${failure.next}`, code, { cause: error });
  } finally {
    client.destroy();
  }
}

/** Only a person at a terminal can be asked; nobody's silence is a yes. */
async function asked(context: VerbContext, adoption: Adoption, { json }: AdoptOptions): Promise<boolean> {
  if (json === true || !context.out.isTTY) return false;
  print(context, ...linesOf(adoption));
  return confirm(context, `Adopt ${adoption.endpoint}?`);
}

function linesOf({ endpoint, variants, changes, obstacles }: Adoption): readonly string[] {
  return [
    `${endpoint}: ${variants.map(({ name, model, instances }) => `${name} (model ${model}, ${instances})`).join(', ')}`,
    ...(obstacles.length > 0 ? obstacles.map((text) => `  ✗ ${text}`) : changes.map((text) => `  • ${text}`)),
  ];
}

function concluding({ endpoint, isOurs, obstacles }: Adoption, isAdopted: boolean): string {
  if (isOurs) return `Sluice may change ${endpoint} already.`;
  if (obstacles.length > 0) return 'It cannot be adopted as it is.';
  return isAdopted
    ? `Adopted: sluice deploy may replace its model now.`
    : `Nothing was changed. To adopt it: sluice adopt ${endpoint} --yes`;
}
