import { readdir } from 'node:fs/promises';
import type { State } from '../adapters/state.js';
import { rebuildWorkflowId } from '../domain/ids.js';
import type { Estate } from '../estate/schema.js';
import { formatDuration, formatSize } from '../domain/units.js';
import type { Session } from './connection.js';
import { printableText } from './format.js';
import { isNotFound } from './grpc-errors.js';
import { knownRecord } from './known-record.js';

/** A rebuild of a volume of this machine, in `fts status --json`, until all of it is back. */
export interface RebuildStatus {
  volume: string;
  workflowId: string;
  /** `incomplete`: nobody works on it, and not all is back. `unknown`: Temporal is away. */
  state: 'running' | 'incomplete' | 'unknown';
  parts: { count: number; done: number; failed: number };
  /** Bytes that are back, as far as is known, and all. */
  bytes: number;
  totalBytes: number;
  /** The part that is being brought back. */
  name: string | null;
  etaSeconds: number | null;
  /** Why a running one does not get on; null while it does. */
  waiting: string | null;
  /** RFC 3339. */
  beganAt: string;
  /** When it got on last (RFC 3339). */
  at: string;
  /** When all parts had been tried (RFC 3339); null before that. */
  endedAt: string | null;
}

/** The rebuilds on this machine's records that have not brought all back; without a session, from the records alone. */
export async function rebuildStatuses(
  state: State,
  { estate, volumes: declared }: Pick<Estate, 'estate' | 'volumes'>,
  session: Session | undefined,
): Promise<RebuildStatus[]> {
  const files: string[] = await readdir(state.path('rebuilds')).catch(() => []);
  const volumes = Object.keys(declared).filter((volume) => files.includes(`${volume}.json`));
  const statuses = await Promise.all(volumes.map((volume) => statusOf(state, { estate, volume }, session)));
  return statuses.flatMap((status) => status ?? []);
}

async function statusOf(
  state: State,
  { estate, volume }: { estate: string; volume: string },
  session: Session | undefined,
): Promise<RebuildStatus | undefined> {
  const { readUnfinished } = await import('../adapters/rebuild/under-way.js');
  const record = await knownRecord(readUnfinished(state, volume, Date.now()));
  if (record === undefined) return undefined;
  const workflowId = rebuildWorkflowId(estate, volume);
  const live = session && (await liveOf(session, workflowId));
  const progress = live?.progress;
  return {
    ...{ volume, workflowId, state: session === undefined ? 'unknown' : live ? 'running' : 'incomplete' },
    parts: record.parts,
    bytes: progress?.bytes ?? record.bytes,
    totalBytes: record.totalBytes,
    ...{ name: progress?.name ?? null, etaSeconds: progress?.etaSeconds ?? null },
    ...{ waiting: live?.waiting ?? null, beganAt: record.beganAt, at: record.at, endedAt: record.endedAt },
  };
}

/** What a rebuild that runs is doing; undefined if none does. */
async function liveOf({ client }: Session, workflowId: string) {
  try {
    const described = await client.workflow.getHandle(workflowId).describe();
    if (described.status.name !== 'RUNNING') return undefined;
    const [{ liveSteps }, { waitingReason }] = await Promise.all([
      import('./live-run.js'),
      import('./status-waiting.js'),
    ]);
    const steps = liveSteps(described);
    return { progress: steps[0]?.progress, waiting: waitingReason(steps, []) };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** One line a rebuild, for people. */
export const rebuildLines = (rebuilds: readonly RebuildStatus[]): string[] =>
  rebuilds.map(({ volume, state, parts, bytes, totalBytes, name, etaSeconds }) => {
    const left = parts.count - parts.done;
    const failed = parts.failed === 0 ? '' : `, ${String(parts.failed)} could not be brought back whole`;
    const soFar = `${String(parts.done)} of ${String(parts.count)} parts are back${failed}, ${formatSize(bytes)} of ${formatSize(totalBytes)}`;
    const now = [
      ...(name === null ? [] : [`now ${name}`]),
      ...(etaSeconds === null || left === 0 ? [] : [`${formatDuration(etaSeconds)} left`]),
    ];
    const what = { running: 'is rebuilt', incomplete: 'is not all back', unknown: 'was being rebuilt' }[
      state
    ];
    return printableText([`${volume} ${what}: ${soFar}`, ...now].join('; '));
  });

/** What to do about rebuilds, for people. */
export const rebuildAdvice = (rebuilds: readonly RebuildStatus[]): string[] =>
  rebuilds.flatMap(({ volume, workflowId, state, waiting, endedAt }) => {
    if (state === 'incomplete')
      return [
        endedAt === null
          ? `the rebuild of ${volume} broke off, and the jobs of ${volume} wait for it: \`fts rebuild ${volume}\` goes on`
          : `the rebuild of ${volume} did not bring all back: \`fts rebuild ${volume}\` tries the rest again`,
      ];
    return waiting === null
      ? []
      : [
          `the rebuild of ${volume} does not get on (${waiting}): it goes on by itself; end it with \`fts cancel ${workflowId}\``,
        ];
  });
