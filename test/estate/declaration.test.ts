import { describe, expect, it } from 'vitest';
import { differingKeys } from '../../src/domain/declaration.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { load, SMALL } from './sandbox.js';

const declare = async (text: string) => declarationOf((await load(text)).estate, 'hourly');

describe('the declaration of a job', () => {
  it('is small, and does not depend on where the file lies or how it is written', async () => {
    const one = await declare(SMALL);
    const other = await declare(
      SMALL.replace('{ hourly: 24 }', '\n      hourly: 24').replace(
        '{ host: desk, mountpoint: /work, filesystem: xfs }',
        '{ filesystem: xfs, mountpoint: /work, host: desk }',
      ),
    );
    expect(one).toEqual(other);
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(one).length).toBeLessThan(2048);
  });

  it.each([
    ['{ hourly: 24 }', '{ hourly: 23 }', ['jobs.hourly.keep']],
    ["cron: '0 * * * *'", "cron: '1 * * * *'", ['jobs.hourly.cron']],
    ['mountpoint: /work', 'mountpoint: /wrok', ['volumes.work.mountpoint']],
    ['mountpoint: /backup', 'mountpoint: /other', ['volumes.backup.mountpoint']],
    ['path: restic', 'path: other', ['repositories.local.path']],
    ['password: restic-password', 'password: other', ['repositories.local.password']],
    ['platform: linux', 'platform: linux, hostname: other', ['hosts.desk.hostname']],
    ['timezone: Europe/Berlin', 'timezone: UTC', ['timezone']],
    ['estate: home', 'estate: work', ['estate']],
  ])('differs in what the job refers to: %s', async (from, to, keys) => {
    expect(differingKeys(await declare(SMALL), await declare(SMALL.replace(from, to)))).toEqual(keys);
  });

  it('of a mirror knows where repositories lie on its volume: their files go up in an order of their own', async () => {
    const mirror = `${SMALL.replace('jobs:', '  there: { host: desk, url: "b2:bucket:path", password: p }\njobs:')}
  copy: { kind: mirror, volume: backup, remote: cloud }
remotes: { cloud: { type: local, path: /mnt/cloud } }
`;
    const of = async (text: string) => declarationOf((await load(text)).estate, 'copy');
    const keys = differingKeys(await of(mirror), await of(mirror.replace('path: restic', 'path: other')));
    expect(keys).toEqual(['repositories.local.path']);
    expect(await of(mirror.replace('bucket:path', 'bucket:other'))).toEqual(await of(mirror));
  });

  /** A digest that changes with a release ends runs on their way as `EstateSkew`: docs/upgrading.md. */
  it('is what it was in earlier releases', async () => {
    expect((await declare(SMALL)).digest).toBe(
      '295804b6815ec1598464de50a4cb92e0a7a59db42d8f920c781f864582648b6f',
    );
  });

  it('does not differ in what the job does not refer to', async () => {
    const more = SMALL.replace('jobs:', "  other: { host: desk, url: 'b2:bucket:path', password: p }\njobs:");
    expect(await declare(more)).toEqual(await declare(SMALL));
    expect(await declare(`${SMALL}secrets: { provider: environment }\n`)).toEqual(await declare(SMALL));
  });
});
