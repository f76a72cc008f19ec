import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVolumeActivities } from '../../activities/volumes.js';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import { makeVolumeEstate, type VolumeEstate } from '../support/volume-estate.js';

let test: VolumeEstate;
beforeEach(async () => {
  test = await makeVolumeEstate();
});
afterEach(() => test.remove());

const onHost = (host: string) =>
  createVolumeActivities({
    host,
    current: () => Promise.resolve(test.loaded),
    provision: (loaded, volume) => provisionVolume({ state: test.state, loaded, volume }),
  });

const run = (host: string, input: { estate: string; volume: string }): Promise<unknown> =>
  new MockActivityEnvironment().run(onHost(host).provisionVolume, input);

it('provisions a volume of the host, and finds nothing to do when it is run again', async () => {
  expect(await run('here', { estate: 'testbed', volume: 'flux' })).toMatchObject({
    volume: 'flux',
    created: true,
  });
  expect(await run('here', { estate: 'testbed', volume: 'flux' })).toMatchObject({ created: false });
});

it.each([
  ['a volume that the host does not declare', 'here', { estate: 'testbed', volume: 'flax' }],
  ['a volume named like a property of every object', 'here', { estate: 'testbed', volume: 'constructor' }],
  ['a volume of another estate', 'here', { estate: 'other', volume: 'flux' }],
  ['a volume of another host', 'there', { estate: 'testbed', volume: 'flux' }],
])('refuses %s for good', async (_, host, input) => {
  await expect(run(host, input)).rejects.toMatchObject({ type: 'UnknownVolume', nonRetryable: true });
});

it('passes on what to do next', async () => {
  await test.provision();
  await test.state.write('volumes/flux.json', { other: 'shape' });
  const failure: unknown = await run('here', { estate: 'testbed', volume: 'flux' }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: 'StateCorrupt',
    details: [{ hint: expect.stringContaining('fts provision flux') as string }],
  });
});
