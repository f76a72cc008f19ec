import { createHash, createPublicKey, verify } from 'node:crypto';
import { FtsError } from '../domain/failures.js';
import type { SignedApproval } from '../domain/hold.js';

/** Namespace of the signatures: one made for something else, a git commit say, approves nothing. */
const NAMESPACE = 'fts';

const ALGORITHM = 'ssh-ed25519';
const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
const ARMOR = /^\s*-----BEGIN SSH SIGNATURE-----([\s\S]+)-----END SSH SIGNATURE-----\s*$/;

/**
 * Signs a statement with `ssh-keygen -Y sign`, which asks for a passphrase at the terminal where the key has one, and
 * takes a public key whose private one an agent holds. Fails with `ToolMissing` without ssh-keygen, with
 * `ApprovalInvalid` when the key cannot be used.
 */
export async function signApproval(statement: string, keyFile: string): Promise<SignedApproval> {
  const { execa } = await import('execa'); // who only reads signatures starts sooner without it
  const args = ['-Y', 'sign', '-q', '-n', NAMESPACE, '-f', keyFile];
  const { stdout, stderr, exitCode, code } = await execa('ssh-keygen', args, {
    input: statement,
    reject: false,
  });
  if (code === 'ENOENT')
    throw new FtsError('ToolMissing', 'ssh-keygen is not on PATH', 'install OpenSSH to sign approvals');
  if (exitCode === 0) return { statement, signature: `${stdout}\n` };
  const reason = stderr.trim() || `exit code ${String(exitCode)}`;
  throw new FtsError(
    'ApprovalInvalid',
    `ssh-keygen did not sign with ${keyFile}: ${reason}`,
    "--key takes an operator's private ed25519 key, or the public one whose private key an agent holds",
  );
}

/**
 * Who of the operators signed: the name beside the ed25519 key. Fails with `ApprovalInvalid` if nobody did. The format
 * is OpenSSH's (PROTOCOL.sshsig), so that `ssh-keygen -Y sign -n fts` makes it and `-Y verify` takes it.
 */
export function signerOf(
  { statement, signature }: SignedApproval,
  operators: Readonly<Record<string, string>>,
): string {
  const parts = readSignature(signature);
  const [name] = Object.entries(operators).find(([, key]) => keyBlob(key)?.equals(parts.publicKey)) ?? [];
  if (name === undefined)
    throw invalidApproval(
      'it is signed with a key of none of the operators that this host knows',
      `sign with a key that \`operators\` in the host's estate names; ${APPROVE_ANEW}`,
    );
  const digest = createHash(parts.hash).update(statement).digest();
  const signed = Buffer.concat([
    MAGIC,
    field(Buffer.from(NAMESPACE)),
    field(parts.reserved),
    field(Buffer.from(parts.hash)),
    field(digest),
  ]);
  const [type, key] = [readField(parts.publicKey, 0), readField(parts.publicKey, 4 + ALGORITHM.length)];
  if (type.toString() !== ALGORITHM || !verify(null, signed, ed25519(key), parts.raw)) {
    throw invalidApproval('its signature does not belong to its statement');
  }
  return name;
}

interface SignatureParts {
  publicKey: Buffer;
  reserved: Buffer;
  hash: 'sha256' | 'sha512';
  raw: Buffer;
}

function readSignature(armored: string): SignatureParts {
  const [, body] = ARMOR.exec(armored) ?? [];
  if (body === undefined) throw invalidApproval('its signature is not what ssh-keygen makes');
  const bytes = Buffer.from(body, 'base64');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || bytes.length < MAGIC.length + 4)
    throw invalidApproval('its signature is not what ssh-keygen makes');
  if (bytes.readUInt32BE(MAGIC.length) !== VERSION)
    throw invalidApproval('its signature is of an unknown version');
  let at = MAGIC.length + 4;
  const next = (): Buffer => {
    const found = readField(bytes, at);
    at += 4 + found.length;
    return found;
  };
  const [publicKey, namespace, reserved, hash, signature] = [
    next(),
    next(),
    next(),
    next().toString(),
    next(),
  ];
  if (namespace.toString() !== NAMESPACE)
    throw invalidApproval(`it is not signed for the namespace ${NAMESPACE}`);
  if (hash !== 'sha256' && hash !== 'sha512') throw invalidApproval('its signature uses an unknown hash');
  if (readField(signature, 0).toString() !== ALGORITHM)
    throw invalidApproval(`its signature is not ${ALGORITHM}`);
  return { publicKey, reserved, hash, raw: readField(signature, 4 + ALGORITHM.length) };
}

/** The key's bytes in a line as of authorized_keys: `ssh-ed25519 AAAA… comment`. */
function keyBlob(line: string): Buffer | undefined {
  const [type, blob] = line.trim().split(/\s+/);
  return type === ALGORITHM && blob !== undefined ? Buffer.from(blob, 'base64') : undefined;
}

function ed25519(key: Buffer) {
  if (key.length !== 32) throw invalidApproval('its key is not an ed25519 key');
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
    format: 'jwk',
  });
}

/** A string of the SSH wire format: its length in four bytes, then its bytes. */
function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readField(bytes: Buffer, at: number): Buffer {
  const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Infinity;
  if (end > bytes.length) throw invalidApproval('its signature is cut off');
  return bytes.subarray(at + 4, end);
}

const APPROVE_ANEW = 'run the job: it plans anew, and what is held then can be approved';

/** The failure for an approval from elsewhere that counts for nothing. */
export const invalidApproval = (why: string, hint = APPROVE_ANEW): FtsError =>
  new FtsError('ApprovalInvalid', `the approval is not valid: ${why}`, hint);
