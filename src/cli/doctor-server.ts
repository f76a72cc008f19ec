import { SearchAttribute } from '../domain/search-attributes.js';
import { formatDuration } from '../domain/units.js';
import { ServerUnreachable, type Session, withSession } from './connection.js';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';
import { grpcCode, grpcDetails } from './grpc-errors.js';

/** Closed runs should be kept this long (seconds). */
const WANTED_RETENTION_SECONDS = 90 * 24 * 3600;

/** The connection, and what the namespace needs for `fts` to find its runs again. */
export async function inspectServer(): Promise<DoctorFinding[]> {
  try {
    return await withSession(async (session) => {
      const { serverVersion } = await session.client.workflowService.getSystemInfo({});
      const reached = `Temporal ${serverVersion} at ${session.address}, namespace ${session.namespace}`;
      return [
        ok('temporal', reached),
        await inspectRetention(session),
        await inspectSearchAttributes(session),
      ];
    });
  } catch (error) {
    if (error instanceof ServerUnreachable) return [fail('temporal', error.message, 'fts dev')];
    if (grpcCode(error) === undefined) throw error;
    return [fail('temporal', `Temporal refused: ${grpcDetails(error) ?? 'no reason given'}`)];
  }
}

async function inspectRetention({ client, namespace }: Session): Promise<DoctorFinding> {
  const { config } = await client.workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const kept = `ended runs are kept ${formatDuration(seconds)}`;
  if (seconds >= WANTED_RETENTION_SECONDS) return ok('temporal', kept);
  return warn(
    'temporal',
    `${kept} only`,
    `temporal operator namespace update --retention 90d -n ${namespace}`,
  );
}

async function inspectSearchAttributes({ connection, namespace }: Session): Promise<DoctorFinding> {
  const wanted = Object.values(SearchAttribute);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = wanted.filter((name) => !(name in customAttributes));
    if (missing.length === 0) return ok('temporal', 'the search attributes are there');
    return warn('temporal', `search attributes are missing: ${missing.join(', ')}`, 'fts schedules apply');
  } catch (error) {
    if (grpcCode(error) === undefined) throw error;
    return warn(
      'temporal',
      `the server does not tell its search attributes: ${grpcDetails(error) ?? 'no reason given'}`,
    );
  }
}
