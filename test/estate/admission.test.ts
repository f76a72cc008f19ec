import { expect, it } from 'vitest';
import type { JobRequest } from '../../src/domain/job.js';
import { declaredJob } from '../../src/estate/admission.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { SMALL, load } from './sandbox.js';

const loaded = () => load(SMALL);

/** A request for the one job of the estate, made for this text of it. */
const request = async (text = SMALL): Promise<JobRequest> => ({
  estate: 'home',
  job: 'hourly',
  declaration: declarationOf((await load(text)).estate, 'hourly'),
});

it('is the declared job, when the request means the same by it', async () => {
  expect(declaredJob(await loaded(), 'desk', await request())).toMatchObject({
    kind: 'snapshot',
    volume: 'work',
  });
});

it('does not mind what the job does not refer to', async () => {
  const more = SMALL.replace(
    'repositories:\n',
    'repositories:\n  other: { host: desk, volume: backup, path: other, password: x }\n',
  );
  expect(declaredJob(await loaded(), 'desk', await request(more))).toMatchObject({ kind: 'snapshot' });
});

it.each([
  ['of another estate', 'desk', { estate: 'work' }],
  ['that nobody declares', 'desk', { job: 'daily' }],
  ['named like a property of every object', 'desk', { job: 'constructor' }],
  ['of another host', 'laptop', {}],
])('a job %s is UnknownJob', async (_, host, other) => {
  const [estate, asked] = [await loaded(), { ...(await request()), ...other }];
  expect(() => declaredJob(estate, host, asked)).toThrow(
    expect.objectContaining({ type: 'UnknownJob', message: expect.stringContaining(host) as string }),
  );
});

it.each([
  ['the job', 'hourly: 24', 'hourly: 23', 'jobs.hourly.keep'],
  ['its volume', 'mountpoint: /work', 'mountpoint: /elsewhere', 'volumes.work'],
  ['its repository', 'path: restic', 'path: elsewhere', 'repositories.local'],
])('a difference in %s is EstateSkew, naming it and what to do', async (_, from, to, key) => {
  const [estate, asked] = [await loaded(), await request(SMALL.replace(from, to))];
  expect(() => declaredJob(estate, 'desk', asked)).toThrow(
    expect.objectContaining({
      type: 'EstateSkew',
      message: expect.stringContaining(key) as string,
      hint: expect.stringContaining('schedules apply') as string,
    }),
  );
});
