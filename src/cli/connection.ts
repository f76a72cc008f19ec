import { connect as connectSocket } from 'node:net';
import type { Client, Connection } from '@temporalio/client';
import { UsageError } from '../domain/usage-error.js';
import { grpcCode } from './grpc-errors.js';

/** How long to try to reach Temporal. The specification allows 15 seconds for the whole command. */
const CONNECT_TIMEOUT_MS = 10_000;

/** After an outage a follower is back within this long of the server being there (milliseconds). */
const MAX_RECONNECT_BACKOFF_MS = 2000;

const DEFAULT_ADDRESS = 'localhost:7233';

/** Temporal cannot be reached; `fts` ends with exit code 3. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** An open connection to Temporal. */
export interface Session {
  client: Client;
  connection: Connection;
  namespace: string;
  address: string;
  close(): Promise<void>;
}

/** A connection that is being made. */
interface OpeningSession extends Session {
  /** Resolves once Temporal has answered; rejects with `ServerUnreachable` when it does not in time. */
  untilConnected(): Promise<void>;
}

/**
 * Begins to connect as Temporal's own environment configuration says (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`,
 * `temporal.toml`, TLS, API keys). Throws `ServerUnreachable` when nobody listens on this machine.
 */
async function open(): Promise<OpeningSession> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const configured = configuration(loadClientConnectConfig);
  const { address = DEFAULT_ADDRESS, tls, apiKey, metadata } = configured.connectionOptions;
  const namespace = configured.namespace ?? 'default';
  const [isRefused, { Client, Connection }] = await Promise.all([
    isRefusedLocally(address),
    import('@temporalio/client'),
  ]);
  if (isRefused) throw unreachable(address, 'nobody listens there');
  const connection = Connection.lazy({
    address,
    ...(tls === undefined ? {} : { tls }),
    ...(typeof apiKey === 'string' ? { apiKey } : {}),
    ...(metadata === undefined ? {} : { metadata }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    channelArgs: { 'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_BACKOFF_MS },
  });
  return {
    ...{ client: new Client({ connection, namespace }), connection, namespace, address },
    untilConnected: () =>
      connection.ensureConnected().catch((error: unknown) => {
        throw unreachable(address, reason(error));
      }),
    close: () => connection.close().catch(() => undefined), // nothing is lost: every answer has been read
  };
}

/** Connects, does the work, and closes. Throws `ServerUnreachable` when nobody answers in time. */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = await open();
  try {
    await session.untilConnected();
    return await work(session);
  } finally {
    await session.close();
  }
}

/** As `withSession`, for work that only asks: the questions are on their way while the connection is being made. */
export async function askSession<T>(ask: (session: Session) => Promise<T>): Promise<T> {
  const session = await open();
  try {
    const connected = session.untilConnected();
    const asked = ask(session);
    asked.catch(() => undefined); // without a connection, that is what is told
    await connected;
    return await asked;
  } finally {
    await session.close();
  }
}

/** The failure that ends a command when Temporal went away or refuses in the middle of it. */
export function unreachable(address: string, why: string): ServerUnreachable {
  return new ServerUnreachable(
    `cannot reach Temporal at ${address}: ${why}`,
    'start one with `fts dev`, or point TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) at the one you use',
  );
}

function configuration<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    throw new UsageError(
      `Temporal's configuration cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      { hint: 'look at TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE and temporal.toml' },
    );
  }
}

function reason(error: unknown): string {
  const code = grpcCode(error);
  if (code === 16 || code === 7) return 'it refuses the credentials';
  if (error instanceof Error && !/deadline/i.test(error.message)) return error.message;
  return `no answer within ${String(CONNECT_TIMEOUT_MS / 1000)} s`;
}

/** A loopback port without a listener says so at once; gRPC would go on trying until its deadline. */
async function isRefusedLocally(address: string): Promise<boolean> {
  const match = /^(localhost|127\.0\.0\.1|\[::1\]):(\d+)$/.exec(address);
  const [, host, port] = match ?? [];
  if (host === undefined || port === undefined) return false;
  return new Promise((resolve) => {
    const socket = connectSocket({ host: host.replaceAll(/[[\]]/g, ''), port: Number(port), timeout: 2000 });
    const settle = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => {
      settle(false);
    });
    socket.once('timeout', () => {
      settle(false);
    });
    socket.once('error', () => {
      settle(true);
    });
  });
}
