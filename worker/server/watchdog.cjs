// Runs a command for as long as somebody holds the other end of this process's stdin: even a parent that was killed with
// SIGKILL closes it. Plain JavaScript, because it runs as a process of its own from the sources as well as from dist/.
const { spawn } = require('node:child_process');

/** A Temporal dev server stops within a second; this is for one that hangs. */
const KILL_AFTER_MS = 5_000;

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });

function stop() {
  // Without a pid there is no child, and `kill` would signal our own process group.
  if (child.pid === undefined) return;
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
}

process.stdin.resume();
process.stdin.on('error', stop);
process.stdin.on('close', stop);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// Whoever read our output may be gone before us.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1)));
