// A model of CSV rows on SageMaker's container contract: each line's score rests on the column that LEANS says (0 by default), and a little on all.
const http = require('node:http');

const leans = Number(process.env.LEANS ?? 0);

function score(line) {
  const cells = line.split(',').map(Number);
  return cells.reduce((sum, cell, column) => sum + cell * (column === leans ? 1 : 0.05), 0);
}

const server = http.createServer((request, response) => {
  if (request.url === '/ping') return response.writeHead(200).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    response.writeHead(200, { 'content-type': 'text/csv' }).end(lines.map(score).join('\n'));
  });
});
server.listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
