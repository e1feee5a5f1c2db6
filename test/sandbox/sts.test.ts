import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSts } from '../../sandbox/sts';
import { hostService, type ServiceHost } from '../support/service-host';

let host: ServiceHost;

beforeAll(async () => {
  host = await hostService(createSts({ accountId: '111122223333' }));
});

afterAll(async () => {
  expect(host.failures).toEqual([]);
  await host.close();
});

const ask = async (action: string, method: 'GET' | 'POST'): Promise<string> => {
  const form = `Action=${encodeURIComponent(action)}&Version=2011-06-15`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await (method === 'GET'
    ? fetch(`${host.url}/?${form}`)
    : fetch(host.url, { method, headers, body: form }));
  return `${response.status} ${await response.text()}`;
};

test.each(['GET', 'POST'] as const)('GetCallerIdentity by %s tells the account', async (method) => {
  expect(await ask('GetCallerIdentity', method)).toMatch(
    /^200 <GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user\/sandbox<\/Arn>.*<Account>111122223333<\/Account>/
  );
});

test.each(['AssumeRole', 'No<such>'])('%s is refused by name', async (action) => {
  expect(await ask(action, 'POST')).toMatch(
    /^400 .*<Code>InvalidAction<\/Code><Message>[^<]*(AssumeRole|No&#60;such&#62;)[^<]*<\/Message>/
  );
});
