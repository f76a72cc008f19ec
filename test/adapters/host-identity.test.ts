import { describe, expect, it } from 'vitest';
import { isThisHost, thisHost } from '../../src/adapters/host-identity.js';
import { EstateSchema } from '../../src/estate/schema.js';

const parsed = EstateSchema.parse({
  estate: 'home',
  timezone: 'Etc/UTC',
  hosts: {
    motoko: { platform: 'linux' },
    armitage: { platform: 'windows', hostname: 'DESKTOP-7' },
    wintermute: { platform: 'windows', hostname: 'wintermute.tail1234.ts.net' },
  },
  volumes: { data: { host: 'motoko', mountpoint: 'data', filesystem: 'directory' } },
});
const estate = { ...parsed, repositories: {} };

describe('the host that a machine is', () => {
  it.each([
    ['motoko', 'motoko'],
    ['MOTOKO', 'motoko'],
    ['motoko.local', 'motoko'],
    ['desktop-7', 'armitage'],
    ['wintermute', 'wintermute'],
    ['wintermute.tail1234.ts.net', 'wintermute'],
  ])('%s is %s', (machine, host) => {
    expect(thisHost(estate, machine)).toBe(host);
    expect(isThisHost(estate, host, machine)).toBe(true);
  });

  it.each(['armitage', 'wintermute.another.net', 'motoko2', ''])('%j is none of them', (machine) => {
    expect(thisHost(estate, machine)).toBeUndefined();
  });

  it.each(['constructor', 'nobody'])('%s is not declared, so it is no host', (name) => {
    expect(isThisHost(estate, name, name)).toBe(false);
  });
});
