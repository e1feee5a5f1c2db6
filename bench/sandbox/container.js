// The smallest container on SageMaker's contract: answers every invocation with the same few bytes.
const http = require('node:http');

const body = Buffer.from('{"predictions":[{"label":"positive"}]}');
const headers = { 'content-type': 'application/json', 'content-length': body.length };
const server = http.createServer((request, response) => {
  request.resume();
  if (request.method === 'GET') return response.writeHead(200).end();
  request.on('end', () => response.writeHead(200, headers).end(body));
});
// The port goes to the log, so that the container can be called directly, too.
const port = Number(process.env.SAGEMAKER_BIND_TO_PORT);
server.listen(port, '127.0.0.1', () => process.stdout.write(`port ${port}\n`));
process.on('SIGTERM', () => process.exit(0));
