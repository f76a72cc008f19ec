import { UsageError } from '../domain/usage-error.js';

/** What begins every file of age's format. */
const MAGIC = 'age-encryption.org/v1';

/** Encrypts in age's format, so that `age --decrypt` opens it with the same passphrase. Takes about two seconds. */
export async function encryptWithPassphrase(content: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(content);
}

/** Throws `UsageError` for what is no file of age's, was altered, or has another passphrase. */
export async function decryptWithPassphrase(content: Uint8Array, passphrase: string): Promise<Uint8Array> {
  if (!Buffer.from(content).toString('latin1', 0, MAGIC.length).startsWith(MAGIC))
    throw new UsageError('that is no recovery kit: it is not encrypted with age');
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(content);
  } catch {
    throw new UsageError(
      'the recovery kit does not open: the passphrase is another, or the file is damaged',
      {
        hint: 'try the passphrase again, and another copy; where the secrets still are, write a new one: `fts kit`',
      },
    );
  }
}
