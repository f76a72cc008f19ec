import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { askChild, expectQuestions } from '../../../src/adapters/volume/child-asked.js';

/** Answers each line with its process id; `stop` has it stop, as a dead disk would, and `end` has it end. */
const PROGRAM = `
  const { createInterface } = require('node:readline');
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'stop') process.kill(process.pid, 'SIGSTOP');
    if (line === 'end') process.exit(3);
    console.log(process.pid);
  });`;

const EARLY = { key: 'early', question: 'who', deadlineMs: 60_000 };

const ask = (key: string, question: string, deadlineMs = 60_000) =>
  askChild(process.execPath, ['-e', PROGRAM], { key, question, deadlineMs });

async function pidAnswered(key: string): Promise<number> {
  const answer = await ask(key, 'who');
  if (answer.kind !== 'answered') throw new Error(`no answer: ${answer.kind}`);
  return Number(answer.text);
}

it('asks the same child again, also about another disk', async () => {
  const first = await pidAnswered('one');
  expect(await pidAnswered('one')).toBe(first);
  expect(await pidAnswered('other')).toBe(first);
});

it('asks no other program than it was told to', async () => {
  const first = await pidAnswered('one');
  const question = { key: 'one', question: 'who', deadlineMs: 60_000 };
  const other = await askChild(process.execPath, ['-e', `${PROGRAM};`], question);
  expect(other).not.toEqual({ kind: 'answered', text: String(first) });
  expect(other).toMatchObject({ kind: 'answered' });
});

it('asks a child that was started before there was a question', async () => {
  const program = `${PROGRAM} console.error('early')`;
  expectQuestions(process.execPath, ['-e', program]);
  const asked = async () => askChild(process.execPath, ['-e', program], EARLY);
  const [first, second] = [await asked(), await asked()];
  expect(first).toEqual(second);
});

it('looks at a disk that answers while another one hangs', async () => {
  const hanging = ask('dead', 'stop', 1000);
  await pidAnswered('alive');
  expect(await hanging).toEqual({ kind: 'hung' });
});

it('asks two children when two questions come at once', async () => {
  const [first, second] = await Promise.all([pidAnswered('twice'), pidAnswered('twice')]);
  expect(first).not.toBe(second);
});

it('starts another when the one that waited was killed meanwhile', async () => {
  const first = await pidAnswered('killed');
  process.kill(first, 'SIGKILL');
  expect(await pidAnswered('killed')).not.toBe(first);
});

it('gives up one that had answered before and hangs now, and starts no other beside it', async () => {
  const pid = await pidAnswered('hanging');
  const [hung, refused] = [ask('hanging', 'stop', 1000), ask('hanging', 'stop', 1000)];
  expect(await hung).toEqual({ kind: 'hung' });
  expect(await refused).toEqual({ kind: 'hung' });
  await expect.poll(() => pidAnswered('hanging').catch(() => pid)).not.toBe(pid);
});

it('tells how a child ended that does not answer', async () => {
  expect(await ask('ending', 'end')).toMatchObject({ kind: 'ended', exitCode: 3 });
});

it('ends with the process that asks, and keeps none from ending', async () => {
  const module = new URL('../../../dist/src/adapters/volume/child-asked.js', import.meta.url).href;
  const program = `
    import { askChild } from ${JSON.stringify(module)};
    const question = { key: 'k', question: 'who', deadlineMs: 60_000 };
    console.log((await askChild(process.execPath, ['-e', ${JSON.stringify(PROGRAM)}], question)).text);`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 120_000,
  });
  await expect.poll(() => isThere(Number(stdout))).toBe(false);
});

async function isThere(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !stat.includes(') Z ');
}
