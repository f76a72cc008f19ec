import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { patiently } from './patiently.js';

export interface ServerConnection {
  connection: NativeConnection;
  namespace: string;
}

/** Connects by Temporal's own environment configuration, waiting for a server that is away however long it takes. */
export async function connectToServer(logger: Logger, signal: AbortSignal): Promise<ServerConnection> {
  const { connectionOptions, namespace = 'default' } = configuration();
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await patiently(() => NativeConnection.connect({ ...connectionOptions, address }), {
    signal,
    onFailure: (error, delayMs) => {
      logger.warn(
        { address, reason: firstLine(error), delayMs },
        'the Temporal server does not answer, waiting for it',
      );
    },
  });
  return { connection, namespace };
}

function configuration(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new Error("Temporal's configuration (TEMPORAL_PROFILE, temporal.toml) cannot be used", {
      cause: error,
    });
  }
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
