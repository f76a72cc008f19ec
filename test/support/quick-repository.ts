import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poly1305 } from './poly1305.js';

/** restic takes these from the key file; its own are drawn up so that every opening takes half a second of processor. */
const CHEAP = { N: 2, r: 8, p: 1 };

/** Irreducible, as restic demands; that of the tests of its chunker. */
const CHUNKER_POLYNOMIAL = '3da3358b4dc173';

/** A repository's or a password's key: AES-256 in counter mode, then Poly1305-AES (restic's design document, "Keys, Encryption and MAC"). */
interface Key {
  encrypt: Buffer;
  mac: { k: Buffer; r: Buffer };
}

const keyOf = (bytes: Buffer): Key => ({
  encrypt: bytes.subarray(0, 32),
  mac: { k: bytes.subarray(32, 48), r: bytes.subarray(48, 64) },
});

/**
 * Makes an empty repository in a folder as `restic init` does, except that its key is derived in no time: for tests
 * that start restic often and are not about making repositories. Returns its id.
 */
export async function makeQuickRepository(folder: string, password: string): Promise<string> {
  const packs = Array.from({ length: 256 }, (_, i) => join('data', i.toString(16).padStart(2, '0')));
  for (const name of ['keys', 'index', 'snapshots', 'locks', ...packs])
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });

  const master = keyOf(randomBytes(64));
  const salt = randomBytes(64);
  const key = JSON.stringify({
    created: new Date().toISOString(),
    username: 'test',
    hostname: 'test',
    kdf: 'scrypt',
    ...CHEAP,
    salt: salt.toString('base64'),
    data: seal(keyOf(scryptSync(password, salt, 64, CHEAP)), written(master)).toString('base64'),
  });
  const id = randomBytes(32).toString('hex');
  const config = JSON.stringify({ version: 2, id, chunker_polynomial: CHUNKER_POLYNOMIAL });
  const name = createHash('sha256').update(key).digest('hex');
  await writeFile(join(folder, 'keys', name), key, { mode: 0o400 });
  await writeFile(join(folder, 'config'), seal(master, config), { mode: 0o400, flag: 'wx' });
  return id;
}

const written = ({ encrypt, mac }: Key): string =>
  JSON.stringify({
    mac: { k: mac.k.toString('base64'), r: mac.r.toString('base64') },
    encrypt: encrypt.toString('base64'),
  });

/** Nonce, ciphertext, authentication. */
function seal({ encrypt, mac }: Key, text: string): Buffer {
  const nonce = randomBytes(16);
  const ciphertext = createCipheriv('aes-256-ctr', encrypt, nonce).update(text);
  const pad = createCipheriv('aes-128-ecb', mac.k, null).setAutoPadding(false).update(nonce);
  return Buffer.concat([nonce, ciphertext, poly1305(mac.r, pad, ciphertext)]);
}
