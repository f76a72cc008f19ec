import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { redact } from '../../src/adapters/redaction.js';
import { createSecretResolver } from '../../src/adapters/secrets.js';
import { loadEstate } from '../../src/estate/load.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const CANARY = 'canary-3b1f';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

/** A resolver for an estate with that `secrets` section. */
async function resolverFor(section: unknown, environment: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'estate.yaml');
  const volumes = { flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' } };
  const estate = {
    estate: 'testbed',
    timezone: 'Etc/UTC',
    hosts: { here: { platform: 'linux' } },
    volumes,
    secrets: section,
  };
  await writeFile(file, JSON.stringify(estate));
  const resolver = createSecretResolver(await loadEstate(file), environment);
  return (name: string) => resolver.resolve(name, 'repository local');
}

/** A resolver for a secrets file with that text, beside the estate. */
async function fromFile(text: string, { name = 'secrets.yaml', mode = 0o600 } = {}) {
  await writeFile(join(folder, name), text);
  await chmod(join(folder, name), mode);
  return resolverFor({ provider: 'file', path: name });
}

const failure = (call: Promise<string>): Promise<Error> =>
  call.then(
    (value) => Promise.reject(new Error(`there is a value: ${value}`)),
    (error: unknown) => error as Error,
  );

describe('a secrets file', () => {
  it.each([
    ['plain text', 'pass', 'pass'],
    ['a number', '12345', '12345'],
    ['a number with a leading zero', '0777', '0777'],
    ['yes', 'yes', 'yes'],
    ['null', 'null', 'null'],
    ['a tilde', '~', '~'],
    ['quotes', '"it\'s # \\"quoted\\""', 'it\'s # "quoted"'],
    ['a block, whose line end nobody means', '|\n  pass\n', 'pass'],
    ['an inner line end', '"one\\ntwo"', 'one\ntwo'],
    ['blanks in quotes', '" pass "', ' pass '],
  ])('gives %s as text', async (_, written, value) => {
    const resolve = await fromFile(`\ufeffother: x\r\npassword: ${written}\n`);
    expect(await resolve('password')).toBe(value);
  });

  it('is read at each use', async () => {
    const resolve = await fromFile('password: before');
    await resolve('password');
    await writeFile(join(folder, 'secrets.yaml'), 'password: after');
    expect(await resolve('password')).toBe('after');
  });

  it.each(['640', '604', '620', '610'])(
    'that others may use (%s) is refused, with the chmod to run',
    async (mode) => {
      const resolve = await fromFile('password: pass', { mode: Number.parseInt(mode, 8) });
      expect(await failure(resolve('password'))).toMatchObject({
        type: 'SecretsFileLoose',
        message: expect.stringContaining('secrets.yaml') as string,
        hint: `chmod 600 ${join(folder, 'secrets.yaml')}`,
      });
    },
  );

  it.runIf(process.getuid?.() === 0)('of another user is refused', async () => {
    const resolve = await fromFile('password: pass');
    await chown(join(folder, 'secrets.yaml'), 65534, 65534);
    expect(await failure(resolve('password'))).toMatchObject({
      type: 'SecretsFileLoose',
      message: expect.stringContaining('65534') as string,
      hint: expect.stringContaining('chown') as string,
    });
  });

  it('behind a link is judged by the file itself', async () => {
    await fromFile('password: pass', { name: 'real.yaml', mode: 0o644 });
    await symlink('real.yaml', join(folder, 'secrets.yaml'));
    const resolve = await resolverFor({ provider: 'file', path: 'secrets.yaml' });
    expect(await failure(resolve('password'))).toMatchObject({ type: 'SecretsFileLoose' });
  });

  it('that is not there, or no file, is named', async () => {
    const resolve = await resolverFor({ provider: 'file', path: 'secrets.yaml' });
    const missing = {
      type: 'SecretMissing',
      message: expect.stringContaining(join(folder, 'secrets.yaml')) as string,
      hint: expect.stringContaining('name: value') as string,
    };
    expect(await failure(resolve('password'))).toMatchObject(missing);
    await mkdir(join(folder, 'secrets.yaml'), { mode: 0o700 });
    expect(await failure(resolve('password'))).toMatchObject(missing);
    await execa('mkfifo', ['-m', '600', join(folder, 'fifo')]);
    const waiting = await resolverFor({ provider: 'file', path: 'fifo' });
    expect(await failure(waiting('password'))).toMatchObject({ type: 'SecretMissing' });
  });

  it('without the secret fails naming the secret, the file and who wants it', async () => {
    const resolve = await fromFile('other: pass');
    const { message } = await failure(resolve('password'));
    for (const part of ['password', 'repository local', 'secrets.yaml']) expect(message).toContain(part);
  });

  it.each(['constructor', '__proto__', 'toString'])('has no secret named %s by accident', async (name) => {
    const resolve = await fromFile('other: pass');
    expect(await failure(resolve(name))).toMatchObject({ type: 'SecretMissing' });
  });
});

describe('a secrets file that is no map of names to text', () => {
  it.each([
    ['broken YAML', `password: "${CANARY}`],
    ['a stray colon', `password: ${CANARY}: x`],
    ['an alias', `password: *${CANARY}`],
    ['a tag', `password: !${CANARY}`],
    ['an anchor', `password: &${CANARY}`],
    ['the same name twice', `password: ${CANARY}\npassword: ${CANARY}`],
    ['a list', `password: [${CANARY}]`],
    ['the bare secret', CANARY],
    ['a line of an .env file', `PASSWORD=${CANARY}`],
    ['a NUL', `password: "${CANARY}\\0"`],
    ['two documents', `password: ${CANARY}\n---\npassword: x`],
    ['nothing', ''],
  ])('(%s) is SecretMissing, and nobody hears what is in it', async (_, text) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const resolve = await fromFile(text);
    const error = await failure(resolve('password'));
    expect(error).toMatchObject({ type: 'SecretMissing', hint: expect.any(String) as string });
    expect([error.message, error.stack, JSON.stringify(error)].join()).not.toContain(CANARY);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});

describe('an .env file', () => {
  it('has names as the environment has them, whatever their case in the estate', async () => {
    const text = [
      '# comment',
      'RESTIC_PASSWORD=pass=word',
      'export B2_KEY = "quoted #1" ',
      "single='it'",
      'HASH=a#b c',
      'EMPTY=',
      '',
    ].join('\r\n');
    const resolve = await fromFile(text, { name: 'secrets.env' });
    expect(await resolve('restic-password')).toBe('pass=word');
    expect(await resolve('RESTIC_PASSWORD')).toBe('pass=word');
    expect(await resolve('b2-key')).toBe('quoted #1');
    expect(await resolve('single')).toBe('it');
    expect(await resolve('hash')).toBe('a#b c');
    for (const name of ['empty', 'absent'])
      expect(await failure(resolve(name))).toMatchObject({ type: 'SecretMissing' });
  });

  it('may have names as the estate has them, too', async () => {
    const resolve = await fromFile('restic-password=pass\nexport b2-key = key', { name: 'secrets.env' });
    expect(await resolve('restic-password')).toBe('pass');
    expect(await resolve('b2-key')).toBe('key');
  });

  it.each([
    ['secrets.env', 'OTHER=x', '`RESTIC_PASSWORD=…`'],
    ['secrets.yaml', 'other: x', '`restic-password: …`'],
  ])('that lacks a secret (%s) is told with the line to add', async (name, text, line) => {
    const resolve = await fromFile(text, { name });
    expect(await failure(resolve('restic-password'))).toMatchObject({ hint: `add the line ${line} to it` });
  });

  it('is refused when it is loose', async () => {
    const resolve = await fromFile('PASSWORD=pass', { name: 'secrets.env', mode: 0o644 });
    expect(await failure(resolve('password'))).toMatchObject({ type: 'SecretsFileLoose' });
  });
});

describe('the other providers', () => {
  it('environment: the name in capitals, dashes as underscores', async () => {
    const resolve = await resolverFor({ provider: 'environment' }, { RESTIC_PASSWORD: 'pass\n', EMPTY: '' });
    expect(await resolve('restic-password')).toBe('pass');
    expect(await failure(resolve('b2-key'))).toMatchObject({
      type: 'SecretMissing',
      message: expect.stringContaining('B2_KEY') as string,
    });
    expect(await failure(resolve('empty'))).toMatchObject({ type: 'SecretMissing' });
  });

  it('none: says that the estate has none', async () => {
    const resolve = await resolverFor(undefined);
    expect(await failure(resolve('password'))).toMatchObject({
      type: 'SecretMissing',
      message: expect.stringContaining('`secrets`') as string,
    });
  });

  it('Key Vault: says what works until then', async () => {
    const resolve = await resolverFor({ provider: 'azure-key-vault', vault: 'kv-test' });
    expect(await failure(resolve('password'))).toMatchObject({
      type: 'SecretMissing',
      hint: expect.stringContaining('provider: file') as string,
    });
  });
});

it('what was handed out is known to redaction from then on', async () => {
  const resolve = await fromFile('password: "canary \\"resolved\\""');
  const value = await resolve('password');
  expect(redact(`it is ${value}, in JSON ${JSON.stringify({ value })}`)).toBe(
    'it is ***, in JSON {"value":"***"}',
  );
});
