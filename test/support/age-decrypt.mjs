#!/usr/bin/env node
// `age --decrypt FILE`, written from age's specification (age-encryption.org/v1) with Node's own cryptography: that a kit
// opens with it shows that no library of ours is needed. The passphrase is in $AGE_PASSPHRASE; the contents go to stdout.
import { Buffer } from 'node:buffer';
import { createDecipheriv, createHmac, hkdfSync, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [option, file] = process.argv.slice(2);
if (option !== '--decrypt') throw new Error(`what is ${option}?`);
const content = readFileSync(file);
const text = content.toString('latin1');
const header = /^age-encryption\.org\/v1\n-> scrypt (\S+) (\d+)\n(\S+)\n---/.exec(text);
const [upToMac = '', salt = '', workFactor = '', wrapped = ''] = header;
const mac = /^ (\S+)\n/.exec(text.slice(upToMac.length));
const bytes = (base64) => Buffer.from(base64, 'base64');

const key = scryptSync(
  process.env.AGE_PASSPHRASE ?? '',
  Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt'), bytes(salt)]),
  32,
  { N: 2 ** Number(workFactor), r: 8, p: 1, maxmem: 2 ** 30 },
);
const fileKey = open(key, Buffer.alloc(12), bytes(wrapped));
const macKey = Buffer.from(hkdfSync('sha256', fileKey, '', 'header', 32));
if (!createHmac('sha256', macKey).update(upToMac).digest().equals(bytes(mac[1])))
  throw new Error('bad header');

const body = content.subarray(upToMac.length + mac[0].length);
const payloadKey = Buffer.from(hkdfSync('sha256', fileKey, body.subarray(0, 16), 'payload', 32));
const CHUNK = 64 * 1024 + 16;
for (let at = 16, counter = 0; at < body.length; at += CHUNK, counter += 1) {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(counter, 7);
  nonce[11] = at + CHUNK >= body.length ? 1 : 0;
  process.stdout.write(open(payloadKey, nonce, body.subarray(at, at + CHUNK)));
}

function open(secret, nonce, sealed) {
  const decipher = createDecipheriv('chacha20-poly1305', secret, nonce, { authTagLength: 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}
