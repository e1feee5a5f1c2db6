// A container that listens no more after its first invocation, until the file `resume` appears beside it. Says so with `paused` and `resumed`.
const fs = require('node:fs');
const http = require('node:http');

const listen = (then) => server.listen(Number(process.env.SAGEMAKER_BIND_TO_PORT), then);

const server = http.createServer((request, response) => {
  response.shouldKeepAlive = false;
  const pauses = request.url !== '/ping' && !fs.existsSync('paused');
  request.resume().on('end', () => response.end('ok'));
  if (!pauses) return;
  server.close(() => {
    fs.writeFileSync('paused', '');
    const timer = setInterval(() => {
      if (!fs.existsSync('resume')) return;
      clearInterval(timer);
      listen(() => fs.writeFileSync('resumed', ''));
    }, 5);
  });
});
listen();
