import { type BenchEstate, type Declared, MAIN } from './estate.js';
import { type Figure, ratio } from './figure.js';
import type { Scale } from './scale.js';
import { command, interleaved, seconds } from './timing.js';

/** So many jobs `fts status` has to judge. */
const JOBS = 30;

/** Jobs that are only looked at: what they wait for comes once in four years. */
export function waitingJobs(others: number): Pick<Declared, 'repositories' | 'jobs'> {
  const job = {
    kind: 'snapshot',
    volume: 'flux',
    repository: 'waiting',
    keep: { last: 5 },
    cron: '0 0 29 2 *',
  };
  const names = Array.from({ length: Math.max(0, JOBS - others) }, (_, index) => `waiting-${String(index)}`);
  return {
    repositories: {
      waiting: { host: 'here', volume: 'space', path: 'repositories/waiting', password: 'password' },
    },
    jobs: Object.fromEntries(names.map((name) => [name, job])),
  };
}

/** How long the command line takes to answer, against a Node that does nothing. */
export async function measureCommandLine(estate: BenchEstate, { starts }: Scale): Promise<Figure[]> {
  const node = (...args: string[]) =>
    seconds(() => command([process.execPath, ...args], { env: estate.environment, allowed: [0, 1] }));
  const against = (...args: string[]) =>
    interleaved(starts, { bare: () => node('-e', '0'), ours: () => node(MAIN, ...args) });
  const away = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const alone = () =>
    seconds(() =>
      command([process.execPath, MAIN, 'status'], { env: { ...estate.environment, ...away }, allowed: [3] }),
    );
  return [
    ratio('fts --help', await against('--help'), { limit: 1.5, note: '÷ node -e 0' }),
    ratio(`fts status, ${String(JOBS)} jobs`, await against('status'), { limit: 4, note: '÷ node -e 0' }),
    ratio(
      'fts status, Temporal away',
      await interleaved(starts, { bare: () => node('-e', '0'), ours: alone }),
      {
        note: '÷ node -e 0; from the last records',
      },
    ),
  ];
}
