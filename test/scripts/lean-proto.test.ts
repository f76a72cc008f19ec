import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

type Loader = (this: { rootContext: string }, source: string) => string;
const leanProto = createRequire(import.meta.url)('../../scripts/command-line/lean-proto.cjs') as Loader;

const field = (type: string) => ({ type, id: 1 });
const call = (name: string) => ({ requestType: `${name}Request`, responseType: `${name}Response` });
const TYPES = {
  temporal: {
    nested: {
      Service: { methods: { ListRuns: call('List'), BuryRun: call('Bury') } },
      ListRequest: { fields: { query: field('string') } },
      ListResponse: { fields: { run: field('Run') } },
      Run: { fields: { state: field('Run.State') }, nested: { State: { values: { RUNNING: 0 } } } },
      BuryRequest: { fields: { run: field('Run') } },
      BuryResponse: { fields: {} },
      Other: { fields: {} },
    },
  },
};
const SOURCE = `root.addJSON(${JSON.stringify(TYPES, undefined, 2)});`;

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'fts-lean-proto-'));
  for (const folder of ['node_modules/@temporalio/client/lib', 'node_modules/@temporalio/common/lib'])
    await mkdir(join(checkout, folder), { recursive: true });
  for (const folder of ['src', 'schedules']) await mkdir(join(checkout, 'dist', folder), { recursive: true });
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

/** Names of the types that are left. */
async function left(client: string, command: string): Promise<string[]> {
  await writeFile(join(checkout, 'node_modules/@temporalio/client/lib/client.js'), client);
  await writeFile(join(checkout, 'dist/src/command.js'), command);
  const [, types = ''] =
    /JSON\.parse\((".*")\)/.exec(leanProto.call({ rootContext: checkout }, SOURCE)) ?? [];
  const lean = JSON.parse(JSON.parse(types) as string) as typeof TYPES;
  const { Service, ...others } = lean.temporal.nested;
  return [...Object.keys(Service.methods), ...Object.keys(others)];
}

describe('the message types in the bundled command line', () => {
  it('are those of the calls that are made, and all that these refer to', async () => {
    expect(await left('proto.temporal.Service', 'service.listRuns({})')).toEqual([
      ...['ListRuns', 'ListRequest', 'ListResponse', 'Run'],
    ]);
  });

  it('are those that are named, be it by a value of theirs', async () => {
    const names = await left(
      'proto.temporal.Service',
      'temporal.Run.State.RUNNING; temporal.Other.decode(x)',
    );
    expect(names).toEqual(['Run', 'Other']);
  });

  it('do not go missing unseen when a command begins to use a part of the client that none used', async () => {
    await expect(left('proto.temporal.Service', 'session.client.activity.start()')).rejects.toThrow(
      'a command uses client.activity',
    );
  });
});
