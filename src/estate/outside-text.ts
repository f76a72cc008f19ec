/** Says what was expected if `url` is no http(s) URL, or holds a password. */
export function webhookProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return 'an http or https URL';
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return 'an http or https URL';
  return username || password ? 'a URL without credentials' : undefined;
}

const KEY_TYPE = 'ssh-ed25519';
const EXPECTED = `an ed25519 public key such as "${KEY_TYPE} AAAA…"`;

/** Says what was expected if `line` is no ed25519 public key as ssh-keygen writes it. */
export function sshKeyProblem(line: string): string | undefined {
  const [, blob] = /^ssh-ed25519 ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/.exec(line) ?? [];
  if (blob === undefined) return EXPECTED;
  const bytes = Buffer.from(blob, 'base64');
  const header = Buffer.concat([lengthPrefix(KEY_TYPE.length), Buffer.from(KEY_TYPE), lengthPrefix(32)]);
  const whole = bytes.length === header.length + 32 && bytes.subarray(0, header.length).equals(header);
  return whole ? undefined : `${EXPECTED}, whole`;
}

function lengthPrefix(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
