import { once } from 'node:events';
import { createServer } from 'node:net';
import { execa } from 'execa';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { type Cloud, startCloud } from '../../src/tour/cloud.js';
import { remoteVariables, sizeOnRemote } from '../../src/tour/outside.js';
import { openSandbox, type Sandbox } from '../../src/tour/sandbox.js';
import { freePort } from '../../src/tour/free-port.js';
import { compiled } from '../support/fts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = compiled('src/b2-stand-in/main.js');
const BUCKET = 'backups:sandbox-backups';
let sandbox: Sandbox;

beforeEach(async () => {
  const opened = await openSandbox(await temporaryFolder());
  sandbox = { ...opened, cloud: { ...opened.cloud, port: await freePort(0) } };
});

const start = async (): Promise<Cloud> => {
  const cloud = await startCloud(sandbox, MAIN);
  onTestFinished(() => cloud.stop());
  return cloud;
};

it('keeps what rclone brought there from one start to the next', async () => {
  const first = await start();
  const environment = remoteVariables(sandbox.cloud, first.endpoint);
  await execa('rclone', ['rcat', `${BUCKET}/file`], { env: environment, input: 'content' });
  await first.stop();
  const second = await start();
  expect(second.endpoint).toBe(first.endpoint);
  expect(await sizeOnRemote('rclone', environment, BUCKET)).toMatchObject({ count: 1, bytes: 7 });
});

it('says who holds its port, and how to go on', async () => {
  const other = createServer().listen(sandbox.cloud.port, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const refused = startCloud(sandbox, MAIN);
  await expect(refused).rejects.toThrow(`is held by process ${String(process.pid)} (`);
  await expect(refused).rejects.toThrow(/estate\.yaml/);
});

it('is a failure when it ends by itself', async () => {
  const cloud = await start();
  const ended = expect(cloud.failed).rejects.toThrow('ended by itself');
  process.kill(cloud.pid ?? 0, 'SIGKILL');
  await ended;
});
