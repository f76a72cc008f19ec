/** A process that drills as a host's worker does, and kills itself after a step: `node drill-child.js JSON`. */
import { drillComparer } from '../../src/adapters/drill/compare.js';
import type { DrillStep } from '../../src/adapters/drill/setting.js';
import { drillRepository } from '../../src/adapters/drill.js';
import { openRepository } from '../../src/adapters/restic/repository.js';
import { createSecretResolver } from '../../src/adapters/secrets.js';
import { State } from '../../src/adapters/state.js';
import { drillSources, drillTerms } from '../../src/estate/drill-sources.js';
import { loadEstate } from '../../src/estate/load.js';
import { volumeRoot } from '../../src/estate/lookup.js';

/** What the process is told. */
export interface DrillChild {
  file: string;
  state: string;
  die: DrillStep;
}

const { file, state: folder, die } = JSON.parse(process.argv[2] ?? '') as DrillChild;
const loaded = await loadEstate(file);
const state = new State(folder, loaded.estate.estate);
const job = loaded.estate.jobs.drill;
if (job?.kind !== 'drill') throw new Error('the estate declares no drill');
await drillRepository({
  ...{ loaded, state, job: 'drill', comparer: drillComparer },
  repository: await openRepository(loaded, job.repository, {
    state,
    secrets: createSecretResolver(loaded, {}),
  }),
  terms: drillTerms(job, loaded.estate.timezone),
  sources: drillSources(loaded.estate, job),
  volumes: new Map([['flux', { root: volumeRoot(loaded, 'flux'), roomBytes: undefined }]]),
  signal: new AbortController().signal,
  tell: () => undefined,
  now: () => new Date(),
  onStep: (step) => {
    if (step === die) process.kill(process.pid, 'SIGKILL');
  },
});
