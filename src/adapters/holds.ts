import { createHash } from 'node:crypto';
import { z } from 'zod';
import { damageOr } from '../domain/damage.js';
import { canonicalJson } from '../domain/declaration.js';
import { FtsError } from '../domain/failures.js';
import {
  type Approval,
  type HeldPath,
  type Hold,
  type PlannedRemoval,
  type SignedApproval,
  refusal,
} from '../domain/hold.js';
import { invalidApproval, signerOf } from './approval-signature.js';
import { refuseClockStep } from './purge/clock.js';
import type { State } from './state.js';

/** A hold can be answered for so long; the next run renews it (milliseconds). */
const HOLD_LIFETIME_MS = 7 * 24 * 3_600_000;

/** Where the host keeps holds and approvals, and whose signatures it takes. */
export interface HoldSetting {
  estate: string;
  state: Pick<State, 'read' | 'readRenewable' | 'write' | 'remove' | 'path'>;
  /** Name: `ssh-ed25519 …`. */
  operators: Readonly<Record<string, string>>;
}

/** A plan that wants a verdict. */
export interface PlanToJudge {
  job: string;
  /** Run of the workflow: an approval that it used is good for its further attempts. */
  runId: string;
  plan: PlannedRemoval;
  /** At most ten. */
  biggest: HeldPath[];
  /** Which limits it exceeds, for people; undefined when it needs no approval. */
  exceeded: string | undefined;
  /** From elsewhere; what was approved on the host itself lies on its disk. */
  approval?: SignedApproval | undefined;
  /**
   * Makes the release durable. Called after the approval is burnt and before it is forgotten. Without it, a crash
   * right after the release leaves a plan that has to be approved again.
   */
  release?: (() => Promise<void>) | undefined;
}

/** `isNews`: the plan differs from the one that people were told of before. */
export type Verdict = { released: true } | { released: false; hold: Hold; isNews: boolean };

const HoldSchema: z.ZodType<Hold> = z.object({
  job: z.string(),
  reason: z.string(),
  planHash: z.string(),
  removal: z.object({ files: z.number(), bytes: z.number() }),
  biggest: z.array(
    z.object({ path: z.string(), encoded: z.literal(true).exactOptional(), bytes: z.number() }),
  ),
  since: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  rejectedAt: z.iso.datetime().optional(),
});

const Count = z.number().int().nonnegative();
const ApprovalSchema: z.ZodType<Approval> = z.strictObject({
  estate: z.string(),
  job: z.string(),
  planHash: z.string(),
  bounds: z.strictObject({
    prefix: z.string().optional(),
    maxFiles: Count.optional(),
    maxBytes: Count.optional(),
  }),
  expires: z.iso.datetime(),
  nonce: z.string().min(16).max(200),
});

const Used = z.object({ job: z.string(), runId: z.string(), by: z.string(), at: z.string() });

/** Relative to the state. */
export const holdFile = (job: string): string => `holds/${job}.json`;
const approvalFile = (job: string): string => `approvals/${job}.json`;
const usedFile = (nonce: string): string =>
  `approvals/used/${createHash('sha256').update(nonce).digest('hex')}.json`;

/**
 * Releases a plan or holds it. An approval is burnt before the answer, whatever that is: it is good for one run.
 * Safe to retry within the run. A hold stands on the host's disk until the job's next plan. Fails with
 * `ApprovalInvalid` for an approval from elsewhere that is forged, expired, used or for something else.
 */
export async function judgePlan(setting: HoldSetting, asked: PlanToJudge): Promise<Verdict> {
  const { state } = setting;
  const { job, exceeded } = asked;
  if (exceeded === undefined) await spend(setting, asked);
  const refused = exceeded === undefined ? undefined : await answer(setting, asked);
  if (exceeded === undefined || refused === 'approved') {
    await asked.release?.();
    await state.remove(holdFile(job));
    await state.remove(approvalFile(job));
    return { released: true };
  }
  const before = await state.readRenewable(holdFile(job), HoldSchema);
  const isNews = before?.planHash !== asked.plan.planHash;
  const now = Date.now();
  const hold: Hold = {
    job,
    reason: refused === undefined ? exceeded : `${exceeded}; ${refused}`,
    planHash: asked.plan.planHash,
    removal: asked.plan.removal,
    biggest: asked.biggest,
    since: isNews ? new Date(now).toISOString() : before.since,
    expiresAt: new Date(now + HOLD_LIFETIME_MS).toISOString(),
  };
  await state.write(holdFile(job), hold);
  await state.remove(approvalFile(job));
  return { released: false, hold, isNews };
}

/** What holds a job at present; undefined when nothing does. Rejected and expired ones too. */
export const readHold = (state: Pick<State, 'read'>, job: string): Promise<Hold | undefined> =>
  state.read(holdFile(job), HoldSchema);

/** Approves on the host itself: whoever may write its state is its worker's user. The next run takes it. */
export const writeApproval = (state: Pick<State, 'write'>, approval: Approval): Promise<void> =>
  state.write(approvalFile(approval.job), approval);

/** Closes a hold: it can no longer be approved. A run that repeats its plan holds again and tells nobody twice. */
export async function rejectHold(state: HoldSetting['state'], hold: Hold): Promise<void> {
  await state.remove(approvalFile(hold.job));
  await state.write(holdFile(hold.job), { ...hold, rejectedAt: new Date().toISOString() });
}

/** `approved`, or why the approval that there is does not help; undefined without any. */
async function answer(setting: HoldSetting, asked: PlanToJudge): Promise<string | undefined> {
  const { state } = setting;
  const { job, plan, approval: signed } = asked;
  if (signed === undefined) {
    const { record: approval, damage } = await damageOr(state.read(approvalFile(job), ApprovalSchema));
    if (damage) return `the approval given on the host does not count: ${damage.message}`;
    if (approval === undefined) return undefined;
    return (
      (await unusable(setting, asked, approval, 'the host')) ??
      (await doubt(state, job)) ??
      refusal(approval, plan, Date.now()) ??
      'approved'
    );
  }
  const by = signerOf(signed, setting.operators);
  const approval = readStatement(signed.statement);
  if (Date.parse(approval.expires) <= Date.now()) throw invalidApproval(`it expired at ${approval.expires}`);
  const why = (await unusable(setting, asked, approval, by)) ?? (await doubt(state, job));
  if (why !== undefined) throw invalidApproval(why);
  return refusal(approval, plan, Date.now()) ?? 'approved';
}

/**
 * Why no approval counts now. Whoever rejects on the host has the last word over what was approved before, or elsewhere
 * by somebody who does not know of it; and a clock that went back makes what expired good again.
 */
async function doubt(state: HoldSetting['state'], job: string): Promise<string | undefined> {
  const hold = await state.readRenewable(holdFile(job), HoldSchema);
  if (hold?.rejectedAt !== undefined) return `what was held was rejected at ${hold.rejectedAt}`;
  try {
    await refuseClockStep(timesOf(state), { now: Date.now() });
    return undefined;
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    return `no approval counts at present: ${error.message}`;
  }
}

/** A job's record that is damaged tells no time. Purge and graduation, which go by age, refuse at one. */
const timesOf = (state: HoldSetting['state']): Pick<State, 'read' | 'path'> => ({
  path: (...names) => state.path(...names),
  read: (file, schema) => state.readRenewable(file, schema),
});

/** An approval from elsewhere that turns out not to be needed is burnt too: nobody can send it again. */
async function spend(setting: HoldSetting, asked: PlanToJudge): Promise<void> {
  const { approval: signed } = asked;
  if (signed === undefined) return;
  try {
    await unusable(setting, asked, readStatement(signed.statement), signerOf(signed, setting.operators));
  } catch (error) {
    if (!(error instanceof FtsError)) throw error; // it is not valid, and nothing depends on it
  }
}

/** Why an approval is not for this run; if it is, it is burnt. */
async function unusable(
  { state, estate }: HoldSetting,
  { job, runId }: PlanToJudge,
  approval: Approval,
  by: string,
): Promise<string | undefined> {
  if (approval.estate !== estate || approval.job !== job) {
    return `it is for job ${approval.estate}/${approval.job}, not for ${estate}/${job}`;
  }
  const { record: used, damage } = await damageOr(state.read(usedFile(approval.nonce), Used));
  if (damage) return `it was used before, and when cannot be told: ${damage.message}`;
  if (used !== undefined) return used.runId === runId ? undefined : `it was used before, at ${used.at}`;
  const { nonce, expires } = approval;
  await state.write(usedFile(nonce), { job, runId, by, at: new Date().toISOString(), expires });
  return undefined;
}

/** What was signed is what counts, and nothing that a second key of the same name says. */
function readStatement(text: string): Approval {
  let approval: Approval;
  try {
    approval = ApprovalSchema.parse(JSON.parse(text));
  } catch {
    throw invalidApproval('its statement is not one of this product');
  }
  if (canonicalJson(approval) === text.trim()) return approval;
  throw invalidApproval('its statement is not canonical JSON: each key once, sorted, without blanks');
}
