import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { volumeOf } from '../estate/lookup.js';
import { openLooking, requireHere, requireVolume } from './looking.js';
import { note, printJson, printLine } from './output.js';
import { ELSEWHERE, gatherRebuild } from './rebuild-gather.js';
import { rebuildText } from './rebuild-text.js';

/** So many volumes one answer holds. */
const MOST = 50;

export interface RebuildOptions {
  estate?: string;
  json: boolean;
  plan: boolean;
  volume?: string | undefined;
}

/** `fts rebuild --plan`: from what, and until when, each volume could be had back if its drive were lost. */
export async function rebuild({ estate: file, json, plan, volume }: RebuildOptions): Promise<number> {
  if (!plan)
    throw new UsageError('this release plans a rebuild, and does not carry it out', {
      hint: '`fts rebuild --plan` says from what to bring a volume back; docs/runbook.md says how',
    });
  const looking = await openLooking(file);
  if (volume !== undefined) requireVolume(looking, volume);
  const { estate } = looking.loaded;
  const names = volume === undefined ? Object.keys(estate.volumes) : [volume];
  const [first = ''] = names;
  const isHere = (name: string): boolean => looking.here.has(volumeOf(estate, name).host);
  if (!names.some(isHere)) requireHere(looking, `volume ${first}`, volumeOf(estate, first).host);
  const now = Date.now();
  const volumes = await gatherRebuild(looking, names, now);
  const isUnknown = volumes.some(({ repositories, mirrors }) =>
    [...repositories, ...mirrors].some(({ problem }) => problem !== null && problem.type !== ELSEWHERE),
  );
  if (json)
    printJson({
      at: new Date(now).toISOString(),
      volumes: volumes.slice(0, MOST),
      counts: { volumes: volumes.length },
    });
  else {
    printLine(volumes.map((one) => rebuildText(one, estate.timezone)).join('\n\n'));
    note(
      `\nTimes are of ${estate.timezone}. How to bring a volume back: docs/runbook.md, "A drive is lost".`,
    );
  }
  return isUnknown ? ExitCode.unhealthy : ExitCode.complete;
}
