import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { volumeOf } from '../estate/lookup.js';
import { openLooking, requireHere, requireVolume } from './looking.js';
import { note, printJson, printLine } from './output.js';
import { ELSEWHERE, gatherRebuild } from './rebuild-gather.js';
import { orderLines, orderOf } from './rebuild-order.js';
import { type RebuildRunOptions, runRebuild } from './rebuild-run.js';
import { rebuildText } from './rebuild-text.js';

/** So many volumes one answer holds. */
const MOST = 50;

export interface RebuildOptions extends Omit<RebuildRunOptions, 'volume'> {
  plan: boolean;
  volume?: string | undefined;
}

/** `fts rebuild`: rebuilds a volume; with `--plan` only says from what, and until when, volumes could be had back. */
export async function rebuild({ plan, volume, ...options }: RebuildOptions): Promise<number> {
  if (plan) return planRebuilds({ ...options, volume });
  if (volume !== undefined) return runRebuild({ ...options, volume });
  throw new UsageError('a rebuild is of one volume', {
    hint: 'name it; `fts rebuild --plan` says for each from what it could be had back',
  });
}

async function planRebuilds({
  estate: file,
  json,
  volume,
  ...wish
}: Omit<RebuildOptions, 'plan'>): Promise<number> {
  const looking = await openLooking(file);
  if (volume !== undefined) requireVolume(looking, volume);
  const { estate } = looking.loaded;
  const names = volume === undefined ? Object.keys(estate.volumes) : [volume];
  const [first = ''] = names;
  const isHere = (name: string): boolean => looking.here.has(volumeOf(estate, name).host);
  if (!names.some(isHere)) requireHere(looking, `volume ${first}`, volumeOf(estate, first).host);
  const now = Date.now();
  const gathered = await gatherRebuild(looking, names, now);
  const lostToo = gathered.flatMap(({ repositories }) =>
    repositories.flatMap((one) => (one.lostToo ? [one.repository] : [])),
  );
  const order =
    volume === undefined ? undefined : await orderOf(looking, { ...wish, volume }, new Set(lostToo));
  const volumes = gathered.map((one) => (order === undefined ? one : { ...one, ...order }));
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
    printLine(gathered.map((one) => rebuildText(one, estate.timezone)).join('\n\n'));
    for (const line of orderLines(order, estate.timezone)) printLine(`  ${line}`);
    note(
      `\nTimes are of ${estate.timezone}. How to bring a volume back: docs/runbook.md, "A drive is lost".`,
    );
  }
  return isUnknown ? ExitCode.unhealthy : ExitCode.complete;
}
