import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { signApproval, signerOf } from '../../src/adapters/approval-signature.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const STATEMENT = '{"estate":"testbed","job":"purge"}';

let folder: string;
let key: string;
let operators: Record<string, string>;
beforeEach(async () => {
  folder = await temporaryFolder();
  key = await makeKey('mike');
  operators = { mike: (await readFile(`${key}.pub`, 'utf8')).trim() };
});

async function makeKey(name: string, type = 'ed25519'): Promise<string> {
  const file = join(folder, name);
  await execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `${name}@desk`, '-f', file]);
  return file;
}

describe('a signature', () => {
  it('made here is one for ssh-keygen too', async () => {
    const { statement, signature } = await signApproval(STATEMENT, key);
    await writeFile(join(folder, 'signature'), signature);
    await writeFile(join(folder, 'allowed'), `mike ${operators.mike ?? ''}\n`);
    const args = ['-Y', 'verify', '-n', 'fts', '-I', 'mike', '-f', join(folder, 'allowed')];
    await execa('ssh-keygen', [...args, '-s', join(folder, 'signature')], { input: statement });
  });

  it.each(['sha256', 'sha512'])('made by ssh-keygen with %s is one here too', async (hash) => {
    const file = join(folder, 'statement');
    await writeFile(file, STATEMENT);
    await execa('ssh-keygen', ['-Y', 'sign', '-n', 'fts', '-O', `hashalg=${hash}`, '-f', key, file]);
    const signature = await readFile(`${file}.sig`, 'utf8');
    expect(signerOf({ statement: STATEMENT, signature }, { other: await otherKey(), ...operators })).toBe(
      'mike',
    );
  });

  it('does not fit another statement', async () => {
    const { signature } = await signApproval(STATEMENT, key);
    const forged = { statement: STATEMENT.replace('purge', 'other'), signature };
    expect(() => signerOf(forged, operators)).toThrow(/does not belong/);
  });

  it('of somebody else, for something else or of another kind counts for nothing', async () => {
    const signed = await signApproval(STATEMENT, key);
    expect(() => signerOf(signed, {})).toThrow(/none of the operators/);
    const file = join(folder, 'statement');
    await writeFile(file, STATEMENT);
    await execa('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', key, file]);
    const forGit = { statement: STATEMENT, signature: await readFile(`${file}.sig`, 'utf8') };
    expect(() => signerOf(forGit, operators)).toThrow(/namespace/);
    const ecdsa = await makeKey('ecdsa', 'ecdsa');
    expect(() => signerOf({ ...signed }, { mike: 'ecdsa-sha2-nistp256 AAAA' })).toThrow(/none/);
    const byEcdsa = await signApproval(STATEMENT, ecdsa);
    expect(() => signerOf(byEcdsa, operators)).toThrow(/not ssh-ed25519/);
  });

  it('that is damaged anywhere is refused, and breaks nothing', async () => {
    const { statement, signature } = await signApproval(STATEMENT, key);
    const lines = signature.split('\n');
    const bytes = Buffer.from(lines.slice(1, -2).join(''), 'base64');
    const armored = (body: Buffer): string =>
      `-----BEGIN SSH SIGNATURE-----\n${body.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
    expect(signerOf({ statement, signature: armored(bytes) }, operators)).toBe('mike');
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      const cut = bytes.subarray(0, at);
      for (const body of [damaged, cut]) {
        expect(() => signerOf({ statement, signature: armored(body) }, operators)).toThrow(
          expect.objectContaining({ type: 'ApprovalInvalid' }) as Error,
        );
      }
    }
    expect(() => signerOf({ statement, signature: 'nothing' }, operators)).toThrow(/ssh-keygen/);
  });

  it('cannot be made with a key that is not there', async () => {
    await expect(signApproval(STATEMENT, join(folder, 'none'))).rejects.toMatchObject({
      type: 'ApprovalInvalid',
    });
  });
});

const otherKey = async (): Promise<string> =>
  (await readFile(`${await makeKey('other')}.pub`, 'utf8')).trim();
