import { dataConverterOf } from '../../worker/data-converter';
import { startCodecService } from '../codec-service';
import { EXIT } from '../exit-codes';
import { Mistake } from '../mistakes';
import { portOption } from '../number-option';
import { untilStopped } from '../until-stopped';
import { examples, print } from '../verb';
import type { Verb } from '../verb';

/** `sluice codec`: opens encrypted payloads for Temporal's UI, on this machine only. */
export const codecVerb: Verb = {
  declare(command, context) {
    command
      .option('--port <n>', 'port to listen on; 0 takes any free one', portOption, 8081)
      .option('--origin <url>', 'the page that may ask: where Temporal’s UI is', 'http://localhost:8233');
    command.action(
      context.action(async ({ port, origin }: { readonly port: number; readonly origin: string }) => {
        const [codec] = dataConverterOf(context.env)?.payloadCodecs ?? [];
        if (codec === undefined)
          throw new Mistake(
            'SLUICE_PAYLOAD_KEY is not set, so payloads are not encrypted and there is nothing to open.',
            EXIT.badInput
          );
        const service = await startCodecService(codec, { port, origin });
        print(
          context,
          `Opens payloads for ${origin} at ${service.url}. In Temporal’s UI: Data Encoder → Remote codec endpoint.`
        );
        try {
          return await untilStopped(context, new Promise(() => undefined));
        } finally {
          await service.close();
        }
      })
    );
    examples(command, [
      ['sluice codec', 'for the UI of `sluice dev`'],
      [
        'temporal workflow show -w … --codec-endpoint http://127.0.0.1:8081',
        'the same for Temporal’s own command line',
      ],
    ]);
  },
};
