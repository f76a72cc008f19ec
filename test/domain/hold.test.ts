import { describe, expect, it } from 'vitest';
import {
  type Approval,
  type Bounds,
  type Hold,
  holdNotice,
  liesUnder,
  refusal,
} from '../../src/domain/hold.js';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const plan = { planHash: 'p', removal: { files: 3, bytes: 300 }, commonPath: Buffer.from('old/2019') };

const approval = (bounds: Bounds, more: Partial<Approval> = {}): Approval => ({
  ...{ estate: 'testbed', job: 'purge', planHash: 'p', bounds, nonce: 'n'.repeat(16) },
  expires: '2026-11-22T01:00:00Z',
  ...more,
});

describe('an approval', () => {
  it('without bounds is for exactly the held plan', () => {
    expect(refusal(approval({}), plan, NOW)).toBeUndefined();
    expect(refusal(approval({}, { planHash: 'q' }), plan, NOW)).toMatch(/another plan/);
  });

  it('with bounds is for any plan within all of them', () => {
    const bounds = { prefix: 'old', maxFiles: 3, maxBytes: 300 };
    expect(refusal(approval(bounds, { planHash: 'q' }), plan, NOW)).toBeUndefined();
    expect(refusal(approval({ ...bounds, maxFiles: 2 }), plan, NOW)).toMatch(/3 files, and 2/);
    expect(refusal(approval({ ...bounds, maxBytes: 299 }), plan, NOW)).toMatch(/300 B, and 299 B/);
    expect(refusal(approval({ ...bounds, prefix: 'new' }), plan, NOW)).toMatch(/beyond new/);
  });

  it.each(['', '.', '/', './'])(
    'with a prefix that names no folder (%j) lets no other plan pass',
    (prefix) => {
      expect(refusal(approval({ prefix }), plan, NOW)).toBeUndefined();
      expect(refusal(approval({ prefix }, { planHash: 'q' }), plan, NOW)).toMatch(/another plan/);
      expect(refusal(approval({ prefix, maxFiles: 2 }), plan, NOW)).toMatch(/3 files, and 2/);
    },
  );

  it('tells sizes that look the same to the byte', () => {
    const large = { ...plan, removal: { files: 1, bytes: 6000 } };
    expect(refusal(approval({ maxBytes: 5999 }), large, NOW)).toMatch(/6000 bytes.* and .*5999 bytes/);
  });

  it('ends at the moment it says', () => {
    const at = { expires: '2026-11-22T00:00:00Z' };
    expect(refusal(approval({}, at), plan, NOW - 1)).toBeUndefined();
    expect(refusal(approval({}, at), plan, NOW)).toMatch(/expired/);
  });
});

describe('a path lies under', () => {
  it.each(['old', 'old/', './old', '/old', 'old/2019'])('%j', (folder) => {
    expect(liesUnder(plan.commonPath, folder)).toBe(true);
  });
  it.each(['ol', 'old/201', 'old/2019/a', 'OLD', '2019'])('but not %j', (folder) => {
    expect(liesUnder(plan.commonPath, folder)).toBe(false);
  });
});

it('a notice tells a command line that a shell takes', () => {
  const hold = { job: 'purge', reason: 'r', planHash: 'p', expiresAt: 'e' } as Hold;
  expect(holdNotice(hold, { estateFile: '/etc/fts/estate.yaml' }).approveWith).toBe(
    'fts approve purge --estate /etc/fts/estate.yaml',
  );
  expect(holdNotice(hold, { estateFile: "/my files/it's.yaml" }).approveWith).toBe(
    `fts approve purge --estate '/my files/it'\\''s.yaml'`,
  );
});
