import { prepareEmployment } from './data';

/** `node dist/examples/employment/prepare.js DIR` */
prepareEmployment(process.argv[2] ?? 'employment')
  .then(({ baseline, years }) => console.log([baseline, ...Object.values(years)].join('\n')))
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
