import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { signApproval } from '../../src/adapters/approval-signature.js';
import {
  type HoldSetting,
  type PlanToJudge,
  type Verdict,
  judgePlan,
  readHold,
  rejectHold,
  writeApproval,
} from '../../src/adapters/holds.js';
import { State } from '../../src/adapters/state.js';
import { canonicalJson } from '../../src/domain/declaration.js';
import type { Approval } from '../../src/domain/hold.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HOUR_MS = 3_600_000;

let folder: string;
let state: State;
let setting: HoldSetting;
beforeEach(async () => {
  folder = await temporaryFolder();
  state = new State(folder, 'testbed');
  setting = { estate: 'testbed', state, operators: {} };
});

const judge = (planHash: string, more: Partial<PlanToJudge> = {}): Promise<Verdict> =>
  judgePlan(setting, {
    ...{ job: 'purge', runId: randomUUID(), biggest: [], exceeded: 'too much' },
    plan: { planHash, removal: { files: 3, bytes: 300 }, commonPath: Buffer.from('old') },
    ...more,
  });

const approval = (planHash: string, more: Partial<Approval> = {}): Approval => ({
  ...{ estate: 'testbed', job: 'purge', planHash, bounds: {}, nonce: randomUUID() },
  expires: new Date(Date.now() + HOUR_MS).toISOString(),
  ...more,
});

const HELD = { released: false };
const RELEASED = { released: true };

describe('a plan', () => {
  it('within the limits passes, and ends the hold before it', async () => {
    await judge('p');
    expect(await judge('q', { exceeded: undefined })).toEqual(RELEASED);
    expect(await readHold(state, 'purge')).toBeUndefined();
  });

  it('beyond them is held; the same plan is no news the second time, another one is', async () => {
    expect(await judge('p')).toMatchObject({
      ...HELD,
      isNews: true,
      hold: { reason: 'too much', planHash: 'p' },
    });
    const first = await readHold(state, 'purge');
    expect(await judge('p')).toMatchObject({ ...HELD, isNews: false, hold: { since: first?.since } });
    expect(await judge('q')).toMatchObject({ ...HELD, isNews: true });
  });

  it('that was rejected is held again, and no news', async () => {
    await judge('p');
    const hold = await readHold(state, 'purge');
    if (hold) await rejectHold(state, hold);
    expect(await readHold(state, 'purge')).toMatchObject({ rejectedAt: expect.any(String) as string });
    expect(await judge('p')).toMatchObject({ ...HELD, isNews: false });
  });
});

describe('an approval on the host', () => {
  it('lets its plan pass once', async () => {
    await judge('p');
    const given = approval('p');
    await writeApproval(state, given);
    expect(await judge('p')).toEqual(RELEASED);
    expect(await judge('p')).toMatchObject(HELD);
    await writeApproval(state, given);
    expect(await judge('p')).toMatchObject({
      ...HELD,
      hold: { reason: expect.stringContaining('used before') as string },
    });
  });

  it('is burnt before the plan is released, and still good for another attempt of the same run', async () => {
    await writeApproval(state, approval('p'));
    const runId = randomUUID();
    const crash = () => Promise.reject(new Error('killed'));
    await expect(judge('p', { runId, release: crash })).rejects.toThrow('killed');
    await expect(judge('p', { runId, release: crash })).rejects.toThrow('killed');
    expect(await judge('p', { runId })).toEqual(RELEASED);
  });

  it('that a crashed run used is good for no other run', async () => {
    await writeApproval(state, approval('p'));
    await expect(judge('p', { release: () => Promise.reject(new Error('killed')) })).rejects.toThrow(
      'killed',
    );
    expect(await judge('p')).toMatchObject(HELD);
  });

  it.each<[string, Partial<Approval>]>([
    ['another plan', { planHash: 'q' }],
    ['fewer files', { bounds: { maxFiles: 2 } }],
    ['another job', { job: 'purge', estate: 'other' }],
    ['yesterday', { expires: new Date(Date.now() - HOUR_MS).toISOString() }],
  ])('for %s holds again, and does not wait for a plan that it fits', async (_what, more) => {
    await writeApproval(state, approval('p', more));
    expect(await judge('p')).toMatchObject(HELD);
    expect(await judge('q')).toMatchObject(HELD);
  });

  it('that nothing needed does not wait for a plan that needs it', async () => {
    await writeApproval(state, approval('p'));
    await judge('p', { exceeded: undefined });
    expect(await judge('p')).toMatchObject(HELD);
  });
});

it('an approval that was on its way when its plan was rejected does not count', async () => {
  await judge('p');
  const hold = await readHold(state, 'purge');
  if (hold) await rejectHold(state, hold);
  await writeApproval(state, approval('p'));
  const reason = expect.stringContaining('rejected') as string;
  expect(await judge('p')).toMatchObject({ ...HELD, hold: { reason } });
});

describe('an approval from elsewhere', () => {
  const INVALID = { type: 'ApprovalInvalid' };
  let key: string;
  beforeEach(async () => {
    key = join(folder, 'key');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    setting = { ...setting, operators: { mike: await readFile(`${key}.pub`, 'utf8') } };
  });
  const sign = (planHash: string, more: Partial<Approval> = {}) =>
    signApproval(canonicalJson(approval(planHash, more)), key);

  it('lets its plan pass once, whoever sends it again', async () => {
    const signed = await sign('p');
    expect(await judge('p', { approval: signed })).toEqual(RELEASED);
    await expect(judge('p', { approval: signed })).rejects.toMatchObject(INVALID);
  });

  it('that turned out not to be needed is good for no later run', async () => {
    const signed = await sign('p');
    expect(await judge('p', { approval: signed, exceeded: undefined })).toEqual(RELEASED);
    await expect(judge('p', { approval: signed })).rejects.toMatchObject(INVALID);
  });

  it('holds again when it does not reach so far', async () => {
    const signed = await sign('p', { bounds: { maxFiles: 2 } });
    expect(await judge('p', { approval: signed })).toMatchObject(HELD);
  });

  it.each<[string, Partial<Approval>]>([
    ['another job', { job: 'other' }],
    ['another estate', { estate: 'other' }],
    ['yesterday', { expires: new Date(Date.now() - HOUR_MS).toISOString() }],
    ['ever', { expires: 'never' }],
  ])('for %s is not valid', async (_what, more) => {
    const signed = await sign('p', more);
    await expect(judge('p', { approval: signed })).rejects.toMatchObject(INVALID);
  });

  it('that somebody changed is not valid', async () => {
    const { statement, signature } = await sign('q');
    const forged = { statement: statement.replace('"q"', '"p"'), signature };
    await expect(judge('p', { approval: forged })).rejects.toMatchObject(INVALID);
  });

  it('does not count against a rejection on the host, nor when it is sent again after the next hold', async () => {
    await judge('p');
    const hold = await readHold(state, 'purge');
    if (hold) await rejectHold(state, hold);
    const signed = await sign('p');
    await expect(judge('p', { approval: signed })).rejects.toThrow(/rejected/);
    expect(await judge('p')).toMatchObject(HELD);
    await expect(judge('p', { approval: signed })).rejects.toThrow(/used before/);
    expect(await judge('p', { approval: await sign('p') })).toEqual(RELEASED);
  });

  it('does not count while the clock stands before the last run that the host recorded', async () => {
    const ended = new Date(Date.now() + HOUR_MS).toISOString();
    await state.write('jobs/mirror.json', { last: { endedAt: ended } });
    await expect(judge('p', { approval: await sign('p') })).rejects.toThrow(/the clock went back/);
    await writeApproval(state, approval('p'));
    expect(await judge('p')).toMatchObject(HELD);
  });

  it('is what was signed, and not what a second key of the same name says', async () => {
    const statement = canonicalJson(approval('p', { bounds: { maxFiles: 1 } }));
    const doubled = statement.replace('"estate"', '"bounds":{"maxFiles":100},"estate"');
    const signed = await signApproval(doubled, key);
    await expect(judge('p', { approval: signed })).rejects.toMatchObject(INVALID);
    const withNewline = await signApproval(`${canonicalJson(approval('p'))}\n`, key);
    expect(await judge('p', { approval: withNewline })).toEqual(RELEASED);
  });

  it('for no folder in particular lets no other plan pass', async () => {
    expect(await judge('p', { approval: await sign('q', { bounds: { prefix: '' } }) })).toMatchObject(HELD);
  });
});
