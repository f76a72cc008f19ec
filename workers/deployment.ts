import type { WorkerDeploymentOptions } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { patiently } from './patiently.js';
import type { WorkerSetting } from './worker-process.js';

/** Which version of the workflow code a control worker runs. */
export interface DeploymentVersion {
  deploymentName: string;
  buildId: string;
}

export const deploymentVersion = (estate: string, buildId: string): DeploymentVersion => ({
  deploymentName: `fts-${estate}`,
  buildId,
});

/** A run goes on under the newest code; what that must not change is held by replay tests. */
export const deploymentOptions = (version: DeploymentVersion): WorkerDeploymentOptions => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'AUTO_UPGRADE',
});

/**
 * Makes the version the one that gets all runs; without a current version the server gives none to anybody. The
 * server refuses until it has seen the version poll, so this tries until it is accepted.
 */
export async function becomeCurrent(
  { connection, namespace, logger }: WorkerSetting,
  version: DeploymentVersion,
  signal: AbortSignal,
): Promise<void> {
  await patiently(
    () => connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, ...version }),
    {
      signal,
      onFailure: (error) => {
        logger.debug({ ...version, reason: String(error) }, 'not yet accepted as the current version');
      },
    },
  );
  logger.info({ ...version }, 'this version gets all runs');
}

const LOOK_INTERVAL_MS = 30_000;

/** gRPC's status for what is not there (grpc.io, "Status codes"). */
const NOT_FOUND = 5;

/**
 * Looks, until the signal, whether the deployment still has a current version, and calls `restore` where it has none:
 * a server that came back with another database would start no run. A version that is current is left alone, also
 * when it is not ours.
 */
export async function keepCurrent(
  { connection, namespace }: WorkerSetting,
  { deploymentName }: DeploymentVersion,
  restore: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(LOOK_INTERVAL_MS, undefined, { signal });
    try {
      const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
        namespace,
        deploymentName,
      });
      if (!workerDeploymentInfo?.routingConfig?.currentDeploymentVersion) await restore();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) await restore();
    }
  }
}
