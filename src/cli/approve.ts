import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { jobInput } from '../../schedules/job-start.js';
import { signApproval } from '../adapters/approval-signature.js';
import { writeApproval } from '../adapters/holds.js';
import { State, stateRoot } from '../adapters/state.js';
import { canonicalJson } from '../domain/declaration.js';
import type { Approval, ApprovableInput, Bounds, Removal } from '../domain/hold.js';
import { jobWorkflowId } from '../domain/ids.js';
import { jobStart } from '../domain/job-start.js';
import { formatSize } from '../domain/units.js';
import { type Session, withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { exitCodeOfRun, followAndPrint } from './followed-command.js';
import { plural } from './format.js';
import { isNotFound } from './grpc-errors.js';
import { heldHere, jobNamed, nothingHeld, requireHostHere } from './held-job.js';
import { note } from './output.js';
import { memoReport } from './run-view.js';
import { startWorkflow } from './start-workflow.js';

export interface ApproveOptions {
  estate?: string;
  id: string;
  json: boolean;
  /** An ed25519 key of an operator, as ssh-keygen takes it. */
  key?: string | undefined;
  bounds: Bounds;
  expiresSeconds: number;
  timeoutSeconds?: number | undefined;
}

const HeldResult = z.object({ hold: z.object({ planHash: z.string(), expiresAt: z.string() }) });

/** `fts approve`: lets a held plan pass, on its host or by a signed statement, and follows the run that does it. */
export async function approve(options: ApproveOptions): Promise<number> {
  const loaded = await loadEstateOption(options.estate);
  const { estate } = loaded;
  const job = jobNamed(loaded, options.id);
  const input: ApprovableInput = jobInput(estate, job);
  const state = new State(stateRoot(process.env), estate.estate);
  const approvalOf = (planHash: string): Approval => ({
    ...{ estate: estate.estate, job, planHash, bounds: options.bounds, nonce: randomUUID() },
    expires: new Date(Date.now() + options.expiresSeconds * 1000).toISOString(),
  });
  if (options.key === undefined) {
    await requireHostHere(
      loaded,
      state,
      job,
      `run it on host ${input.host}, or give an operator's key with --key FILE`,
    );
    const { planHash, removal } = await heldHere(state, job);
    await writeApproval(state, approvalOf(planHash));
    note(`Approved for ${job}: ${approvedText(options.bounds, removal)}.`);
  }
  return withSession(async (session) => {
    if (options.key !== undefined) {
      const planHash = await heldByLastRun(session, estate.estate, job);
      input.approval = await signApproval(canonicalJson(approvalOf(planHash)), options.key);
    }
    const { handle, runId, startedHere } = await startWorkflow(session, input.kind, input, jobStart(input));
    if (!startedHere) note(`${job} is running already; attached to that run (${runId}).`);
    if (!startedHere && input.approval) note('It began without this approval: approve again if it is held.');
    const followed = { session, state, subject: { job, kind: input.kind }, host: input.host, startedHere };
    const ended = await followAndPrint({ ...followed, workflowId: handle.workflowId, runId }, options);
    return exitCodeOfRun(ended);
  });
}

/** What an approval lets pass: exactly what is held, or whatever its bounds allow. */
function approvedText({ prefix, maxFiles, maxBytes }: Bounds, held: Removal): string {
  const bounds = [
    ...(prefix === undefined ? [] : [`under ${prefix}`]),
    ...(maxFiles === undefined ? [] : [`${plural(maxFiles, 'file')} at most`]),
    ...(maxBytes === undefined ? [] : [`${formatSize(maxBytes)} at most`]),
  ];
  if (bounds.length > 0) return `whatever is ${bounds.join(', ')}`;
  return `${plural(held.files, 'file')}, ${formatSize(held.bytes)} as held`;
}

/** The plan that the job's last run was held with; a usage error if it was not. */
async function heldByLastRun({ client }: Session, estate: string, job: string): Promise<string> {
  const info = await client.workflow
    .getHandle(jobWorkflowId(estate, job))
    .describe()
    .catch((error: unknown) => {
      if (isNotFound(error)) throw nothingHeld(job, 'it has no run');
      throw error;
    });
  const report = memoReport(info);
  const held = HeldResult.safeParse(report?.result).data?.hold;
  if (report?.outcome !== 'held' || held === undefined) throw nothingHeld(job);
  if (Date.parse(held.expiresAt) <= Date.now())
    throw nothingHeld(job, `its hold expired at ${held.expiresAt}`);
  return held.planHash;
}
