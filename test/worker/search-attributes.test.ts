import { describe, expect, test } from '@jest/globals';
import { SearchAttributeType } from '@temporalio/common';
import {
  checkSearchAttributes,
  createCommand,
  registerSearchAttributes,
  SEARCH_ATTRIBUTES,
} from '../../worker/search-attributes';
import {
  SLUICE_CANDIDATE,
  SLUICE_ENDPOINT,
  SLUICE_PHASE,
  SLUICE_SHARE_PCT,
  SLUICE_VERDICT,
} from '../../workflows/search-attributes';
import { withDevServer } from '../support/dev-server';
import { withTimeSkipping } from '../support/time-skipping';

test('the command to register attributes can be pasted into a shell', () => {
  expect(createCommand(SEARCH_ATTRIBUTES, { namespace: 'prod', address: 'temporal:7233' })).toBe(
    'temporal operator search-attribute create --address temporal:7233 --namespace prod ' +
      '--name SluiceEndpoint --type Keyword --name SluiceCandidate --type Keyword --name SluicePhase --type Keyword ' +
      '--name SluiceVerdict --type Keyword --name SluiceSharePct --type Int'
  );
});

describe('on the dev server', () => {
  const dev = withDevServer();

  test('all of Sluice’s attributes are registered at start', async () => {
    expect(await checkSearchAttributes(dev().env.connection, { namespace: 'default' })).toEqual({
      missing: [],
      wrongType: [],
    });
  });

  test('two processes may register the same attributes at once, and again later', async () => {
    const { connection } = dev().env;
    const options = {
      namespace: 'default',
      attributes: [{ name: 'SluiceTwice', type: SearchAttributeType.DOUBLE }],
    } as const;
    expect((await checkSearchAttributes(connection, options)).missing).toHaveLength(1);
    const clean = { missing: [], wrongType: [] };
    await expect(
      Promise.all([registerSearchAttributes(connection, options), registerSearchAttributes(connection, options)])
    ).resolves.toEqual([clean, clean]);
    await expect(registerSearchAttributes(connection, options)).resolves.toEqual(clean);
  });

  test('an attribute of the wrong type is reported with the type that the cluster has', async () => {
    const attributes = [{ name: 'SluicePhase', type: SearchAttributeType.INT }];
    expect(await registerSearchAttributes(dev().env.connection, { namespace: 'default', attributes })).toEqual({
      missing: [],
      wrongType: [{ name: 'SluicePhase', type: 'INT', found: 'Keyword' }],
    });
  });
});

describe('on the time-skipping server', () => {
  const skipping = withTimeSkipping();

  test('all of Sluice’s attributes can be set at the start of a workflow', async () => {
    const { client } = skipping();
    const handle = await client.workflow.start('nobodyRunsThis', {
      taskQueue: 'nobody',
      workflowId: 'with-attributes',
      typedSearchAttributes: [
        { key: SLUICE_ENDPOINT, value: 'reviews' },
        { key: SLUICE_CANDIDATE, value: 'v8' },
        { key: SLUICE_PHASE, value: 'baking' },
        { key: SLUICE_VERDICT, value: 'inconclusive' },
        { key: SLUICE_SHARE_PCT, value: 5 },
      ],
    });
    expect((await handle.describe()).typedSearchAttributes.get(SLUICE_SHARE_PCT)).toBe(5);
    await handle.terminate();
  });
});
