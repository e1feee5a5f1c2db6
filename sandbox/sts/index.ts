import { BodyTooLarge, BodyUnreadable } from '../http/body';
import type { Answer, Exchange, Service } from '../http/service';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MAX_BODY_BYTES = 64 * 1024;

/** Operations of STS that exist beside the implemented GetCallerIdentity; refused by name. */
const OTHERS = [
  'AssumeRole',
  'AssumeRoleWithSAML',
  'AssumeRoleWithWebIdentity',
  'AssumeRoot',
  'DecodeAuthorizationMessage',
  'GetAccessKeyInfo',
  'GetDelegatedAccessToken',
  'GetFederationToken',
  'GetScopedCredentials',
  'GetSessionToken',
  'GetWebIdentityToken',
];

/** STS as far as clients ask who they are: any credentials are the account's one user. */
export function createSts(options: { readonly accountId: string }): Service {
  return {
    name: 'sts',
    handle: async (exchange) => {
      const form = await formOf(exchange);
      if (!form) return refusal(exchange, 'InvalidRequest', 'The request body could not be read, or is too large.');
      const action = form.get('Action') ?? '';
      if (action === 'GetCallerIdentity') return identity(exchange, options.accountId);
      const isKnown = OTHERS.includes(action);
      return refusal(
        exchange,
        'InvalidAction',
        isKnown
          ? `The sandbox does not implement STS's ${action}.`
          : `Could not find operation ${action} for version 2011-06-15.`
      );
    },
  };
}

/** `undefined` for a body that is too large or cannot be read. */
async function formOf(exchange: Exchange): Promise<URLSearchParams | undefined> {
  if (exchange.method === 'GET') return exchange.query;
  try {
    return new URLSearchParams((await exchange.body(MAX_BODY_BYTES)).toString());
  } catch (error) {
    if (error instanceof BodyTooLarge || error instanceof BodyUnreadable) return undefined;
    throw error;
  }
}

function identity(exchange: Exchange, accountId: string): Answer {
  const inner = `<Arn>arn:aws:iam::${accountId}:user/sandbox</Arn><UserId>AIDASANDBOXSANDBOXAA</UserId><Account>${accountId}</Account>`;
  const metadata = `<ResponseMetadata><RequestId>${exchange.requestId}</RequestId></ResponseMetadata>`;
  const result = `<GetCallerIdentityResult>${inner}</GetCallerIdentityResult>`;
  return xml(
    exchange,
    200,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}">${result}${metadata}</GetCallerIdentityResponse>`
  );
}

function refusal(exchange: Exchange, code: string, message: string): Answer {
  const text = message.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error>`;
  return xml(
    exchange,
    400,
    `<ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>${exchange.requestId}</RequestId></ErrorResponse>`
  );
}

function xml(exchange: Exchange, status: number, body: string): Answer {
  const headers = {
    'content-type': 'text/xml',
    'content-length': String(Buffer.byteLength(body)),
    'x-amzn-requestid': exchange.requestId,
  };
  return { status, headers, body };
}
