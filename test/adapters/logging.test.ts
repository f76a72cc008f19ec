import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { compiled } from '../support/fts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const CANARY = 'canary "in" a\\log\nline é';

let file: string;
beforeEach(async () => {
  file = join(await temporaryFolder(), 'logs', 'host-here.jsonl');
});

/** What a process of its own logs, on stderr and in the file. */
async function logged(
  statements: string,
  options: Record<string, unknown> = {},
): Promise<{ stderr: string; stdout: string; lines: Record<string, unknown>[] }> {
  const program = `
    import { createLogger } from ${JSON.stringify(compiled('src/adapters/logging.js'))};
    import { registerSecret } from ${JSON.stringify(compiled('src/adapters/redaction.js'))};
    const secret = ${JSON.stringify(CANARY)};
    registerSecret(secret);
    const logger = createLogger(${JSON.stringify({ component: 'host-here', file, ...options })});
    ${statements}`;
  const { stderr, stdout } = await execa(process.execPath, ['--input-type=module', '--eval', program]);
  expect((await readFile(file, 'utf8')).endsWith(`${stderr}\n`)).toBe(true);
  return {
    stderr,
    stdout,
    lines: stderr.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

it('a log whose disk is full ends nobody, and what it says is on stderr', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(compiled('src/adapters/logging.js'))};
    const logger = createLogger({ component: 'host-here', file: '/dev/full' });
    for (let i = 0; i < 3; i += 1) logger.warn('still at work');`;
  const { stderr, exitCode } = await execa(process.execPath, ['--input-type=module', '--eval', program]);
  expect(exitCode).toBe(0);
  expect(stderr.match(/still at work/g)).toHaveLength(3);
});

describe('a log line', () => {
  it('is JSON with time, level, component and message, on stderr and in the file', async () => {
    const { lines, stdout } = await logged(`logger.warn({ volume: 'flux' }, 'volume is away');`);
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        component: 'host-here',
        volume: 'flux',
        msg: 'volume is away',
      },
    ]);
    expect(stdout).toBe('');
  });

  it('never holds a known secret: not in its message, a field, or an error with its stack and cause', async () => {
    const { stderr, lines } = await logged(`
      logger.info('it is ' + secret);
      logger.info({ nested: { list: [secret] }, [secret]: 1 }, 'field');
      logger.error({ err: new Error('failed with ' + secret, { cause: new Error(secret) }) }, 'error');
      logger.child({ bound: secret }).info('child');`);
    expect(lines).toHaveLength(4);
    for (const part of ['canary', 'in\\\\" a']) expect(stderr).not.toContain(part);
    expect(lines[0]).toMatchObject({ msg: 'it is ***' });
  });

  it('is left out below its level', async () => {
    const { lines } = await logged(`logger.info('no'); logger.error('yes');`, { level: 'error' });
    expect(lines.map(({ msg }) => msg)).toEqual(['yes']);
  });
});

it('the log file is for its owner only, and is appended to', async () => {
  await logged(`process.umask(0); logger.info('one');`);
  expect([(await stat(file)).mode & 0o777, (await stat(join(file, '..'))).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
  await logged(`logger.info('two');`);
  const messages = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(['one', 'two']);
});
