import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { sampleAnswer } from './sample-answers.mjs';

/** An estate to ask about; nothing of it is looked at on this machine. */
const ESTATE = path.resolve('examples', 'miket.yaml');
const RECORDER = pathToFileURL(path.join(import.meta.dirname, 'recorder.mjs')).href;

/**
 * Runs `fts status` once, and keeps beside each file of the bundle what V8 compiled for it. It is asked of a server that
 * answers with one of each thing: that takes the program through all that a command does with a real one.
 */
export async function recordCode(program) {
  const state = await mkdtemp(path.join(tmpdir(), 'fts-build-'));
  const server = sampleServer();
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const args = ['--import', RECORDER, program, '--estate', ESTATE, 'status', '--json'];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        FTS_STATE_DIR: state,
        XDG_CACHE_HOME: state,
        TEMPORAL_ADDRESS: `127.0.0.1:${server.address().port}`,
      },
    });
    const { temporal, error } = await json(child.stdout);
    if (temporal !== 'up') throw new Error(`the bundled \`fts status\` failed: ${error?.message}`);
  } finally {
    server.close();
    await rm(state, { recursive: true, force: true });
  }
}

function sampleServer() {
  const server = http2.createServer();
  server.on('stream', (stream, { ':path': path }) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(framed(sampleAnswer(path.split('/').at(-1))));
  });
  return server;
}

/** A message as gRPC frames it: not compressed, and its length. */
function framed(message) {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
