'use strict';

// The model of `bench:batch`: answers each line with its length, so that what is measured is the way to it.

const http = require('node:http');

http
  .createServer((request, response) => {
    if (request.url === '/ping') return response.writeHead(200).end();
    if (request.url !== '/invocations') return response.writeHead(404).end();
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const lines = Buffer.concat(chunks).toString('utf8').replace(/\n$/, '').split('\n');
      const body = lines.map((line) => `{"length":${line.length}}`).join('\n');
      response.writeHead(200, { 'content-type': 'application/jsonlines', 'content-length': body.length }).end(body);
    });
  })
  .listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
