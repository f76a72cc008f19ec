import { describe, expect, it } from 'vitest';
import { differingKeys } from '../../src/domain/declaration.js';
import {
  type DeclaredRestore,
  requireSameDeclaration,
  restoreDeclaration,
} from '../../src/estate/restore-declaration.js';
import { load, SMALL } from './sandbox.js';

const BESIDE: DeclaredRestore = { paths: ['work/a'], target: { kind: 'beside' } };

const declare = async (text: string, restore: DeclaredRestore = BESIDE) =>
  restoreDeclaration((await load(text)).estate, 'desk', restore);

describe('the declaration of a restore', () => {
  it.each([
    ['mountpoint: /work', 'mountpoint: /wrok', ['volumes.work.mountpoint']],
    ['path: restic', 'path: other', ['repositories.local.path']],
    ['password: restic-password', 'password: other', ['repositories.local.password']],
    ['platform: linux', 'platform: linux, hostname: other', ['hosts.desk.hostname']],
    ['timezone: Europe/Berlin', 'timezone: UTC', ['timezone']],
    ['estate: home', 'estate: work', ['estate']],
  ])('differs in what the restore refers to: %s', async (from, to, keys) => {
    const mine = await declare(SMALL);
    const theirs = await declare(SMALL.replace(from, to));
    expect(differingKeys(mine, theirs)).toEqual(keys);
    const { estate } = await load(SMALL);
    expect(() => {
      requireSameDeclaration(estate, 'desk', { ...BESIDE, declaration: theirs });
    }).toThrow(keys[0]);
    requireSameDeclaration(estate, 'desk', { ...BESIDE, declaration: mine });
  });

  it('differs in what else may be restored to only for a target that is named by its path', async () => {
    const more = `${SMALL}restoreRoots: { desk: [/srv/restored] }\n`;
    expect(await declare(more)).toEqual(await declare(SMALL));
    const target = { kind: 'folder', folder: '/srv/restored/x' } as const;
    expect(
      differingKeys(await declare(more, { ...BESIDE, target }), await declare(SMALL, { ...BESIDE, target })),
    ).toEqual(['restoreRoots.desk']);
  });

  it('differs where another repository takes part', async () => {
    const more = SMALL.replace('repository: local', 'repository: other').replace(
      'repositories:',
      "repositories:\n  other: { host: desk, url: 'b2:bucket:path', password: p }",
    );
    expect(differingKeys(await declare(more), await declare(SMALL))).toContain('savedTo');
  });

  it('is small', async () => {
    expect(JSON.stringify(await declare(SMALL)).length).toBeLessThan(2048);
  });
});
