import type { ScheduleDiff } from '../../schedules/diff.js';
import type { Estate } from '../estate/schema.js';
import type { DevSetting } from './dev-plans.js';
import { LOOPBACK } from './dev-ports.js';
import { note } from './output.js';
import { summaryOf } from './schedules-view.js';

/** Puts the estate's schedules on the embedded server. */
export async function applyDevSchedules({ loaded: { estate }, port }: DevSetting): Promise<void> {
  note(`Schedules: ${summaryOf(await applyOn(port, estate))}.`);
}

/** Makes the embedded server's schedules what the estate declares. */
export async function applyOn(port: number, estate: Estate): Promise<ScheduleDiff> {
  const [{ Client, Connection }, { applySchedules }] = await Promise.all([
    import('@temporalio/client'),
    import('../../schedules/apply.js'),
  ]);
  const connection = await Connection.connect({ address: `${LOOPBACK}:${String(port)}` });
  try {
    return await applySchedules(new Client({ connection }), estate);
  } finally {
    await connection.close();
  }
}
