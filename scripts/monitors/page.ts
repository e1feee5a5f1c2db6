import { keyFrom, readArtefacts, readJson } from '../../activities/monitoring/keep';
import { foldersBelow } from '../../activities/monitoring/listing';
import type { KeptWindow } from '../../activities/monitoring/run-types';
import { parseS3Location } from '../../gateway/s3-location';
import type { Artefacts, MonitorReport } from '../../monitors/types';
import { windowOfKey } from '../../rollout';
import type { WindowOutcome } from '../../rollout';
import type { PagePart } from '../../report/monitor-page/types';
import { createAwsClients } from '../../sagemaker/clients';
import type { AwsClients } from '../../sagemaker/clients';
import { awsFailure } from '../../sagemaker/faults';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { featuresOf, writePages } from '../monitoring/page';
import type { VerbContext } from '../verb';

/** Windows that the page draws courses of. */
const MOST_WINDOWS = 48;
const NEAR_WINDOWS = 4 * MOST_WINDOWS;

/** The page of a monitor's last window, with what its values were in the windows before. Reads the reports where the monitor has left them. */
export async function writeMonitorPage(
  context: VerbContext,
  of: { readonly title: string; readonly last: WindowOutcome; readonly file: string }
): Promise<void> {
  const { title, last, file } = of;
  const aws = createAwsClients();
  try {
    const report = await readJson<MonitorReport>(aws.s3, `${last.output}/report.json`);
    if (report === null)
      throw new Mistake(`There is no report.json below ${last.output}: an engine of SageMaker's own has left none.`);
    const part: PagePart = {
      report,
      features: featuresOf(await baselineOf(aws, last.output), await artefactsBelow(aws, last.output)),
      history: await historyOf(aws, last),
    };
    await writePages(context, { html: file }, { title, parts: [part] });
  } catch (error) {
    if (error instanceof Mistake) throw error;
    const { what, next } = awsFailure(error, `read ${last.output}`);
    throw new Mistake(`${what}\n${next}`, EXIT.unreachable, { cause: error });
  } finally {
    aws.close();
  }
}

const artefactsBelow = ({ s3 }: AwsClients, prefix: string): Promise<Artefacts> =>
  readArtefacts(s3, prefix, ['statistics.json', 'analysis.json']);

/** Beside a window's report stands by which baseline it was judged; beside a candidate's nothing does. */
async function baselineOf(aws: AwsClients, output: string): Promise<Artefacts> {
  const [home = output] = /^.*\/windows\/[^/]+/.exec(output) ?? [];
  const kept = await readJson<KeptWindow>(aws.s3, `${home}/outcome.json`);
  const baseline = kept?.target.baseline ?? null;
  return baseline === null ? {} : artefactsBelow(aws, baseline);
}

/** Reports of the windows beside this one, oldest first; windows that left none are passed over. */
async function historyOf(
  { s3 }: AwsClients,
  { output, window }: Pick<WindowOutcome, 'output' | 'window'>
): Promise<PagePart['history']> {
  const [, home] = /^(.*\/windows)\//.exec(`${output}/`) ?? [];
  if (home === undefined) return [];
  const { bucket, prefix } = parseS3Location(home);
  const at = { bucket, prefix: `${prefix}/` };
  // Of a monitor that has lived for months, what lies near; all where windows are rare.
  const near = `${prefix}/${keyFrom(window.fromMs - NEAR_WINDOWS * (window.toMs - window.fromMs))}`;
  let folders = await foldersBelow(s3, { ...at, after: near });
  if (folders.length < MOST_WINDOWS) folders = await foldersBelow(s3, at);
  const names = [...folders].sort().slice(-MOST_WINDOWS);
  const found = await Promise.all(
    names.map(async (name) => ({
      window: windowOfKey(name),
      report: await readJson<MonitorReport>(s3, `${home}/${name}/report.json`),
    }))
  );
  return found.flatMap(({ window, report }) =>
    window === null || report === null ? [] : [{ toMs: window.toMs, verdict: report.verdict, checks: report.checks }]
  );
}
