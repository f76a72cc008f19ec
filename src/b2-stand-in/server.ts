import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Access, type ApplicationKey } from './access.js';
import { createAccountOperations } from './authorize-account.js';
import { createBucket, createBucketOperations } from './buckets.js';
import { faultView, readCall } from './calls.js';
import { Clock } from './clock.js';
import { control, CONTROL_PATH } from './control.js';
import { createDownloadOperations } from './downloads.js';
import { Faults } from './faults.js';
import { createFileOperations } from './file-operations.js';
import { createLargeFileOperations } from './large-files.js';
import { applyLifecycle, type LifecycleAct } from './lifecycle.js';
import { createListOperations } from './listing.js';
import { CallCounter, type CallCounts, type OperationName } from './operations.js';
import { errorReply, type Handler } from './protocol.js';
import type { FileVersion } from './records.js';
import { asB2Error, misbehave, send } from './respond.js';
import { Store } from './store.js';
import { createUnfinishedFileOperations } from './unfinished-files.js';
import { createUploadOperations } from './uploads.js';

const LOOPBACK = '127.0.0.1';

export interface B2StandInOptions {
  /** Where everything is kept, from one start to the next; one server a folder. */
  directory: string;
  keys: readonly ApplicationKey[];
  /** Names of buckets to make if they are not there. */
  buckets?: readonly string[];
  /** By default one that is free. */
  port?: number;
  /** Whether other processes may steer it by HTTP (`control.ts`). */
  control?: boolean;
}

/** Backblaze B2 on loopback, for tests and the sandbox: the native API, as rclone's `b2` backend uses it. */
export interface B2StandIn {
  /** For rclone's `--b2-endpoint`. */
  endpoint: string;
  calls: () => CallCounts;
  faults: Faults;
  /** All versions in a bucket as `b2_list_file_versions` orders them: by name, newest first. */
  versions: (bucket: string) => FileVersion[];
  /** Lets the time become `now` (it never goes back) and does what the lifecycle rules ask for by then. */
  applyLifecycle: (now?: Date) => LifecycleAct[];
  /** Flips a bit of what is stored of that version, and of any other with the same content. */
  damage: (fileId: string) => Promise<void>;
  /** Cuts all connections and returns when everything is on the disk. */
  close: () => Promise<void>;
}

/** Starts a server on the folder's content. Rejects when the port is taken. */
export async function startB2StandIn(options: B2StandInOptions): Promise<B2StandIn> {
  const clock = new Clock();
  const store = await Store.open(options.directory, clock);
  for (const bucketName of options.buckets ?? [])
    if (!store.catalogue.bucketNamed(bucketName))
      createBucket(store, { bucketName, bucketType: 'allPrivate', lifecycleRules: [] });

  const access = new Access(options.keys, clock);
  const handlers = createHandlers(access, store, () => standIn.endpoint);
  const [calls, faults] = [new CallCounter(), new Faults()];

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (options.control && request.url?.startsWith(CONTROL_PATH))
      return send(await control(request, standIn), request, response);
    const call = await readCall(request);
    calls.count(call.operation);
    const fault = faults.take(faultView(call));
    if (fault && fault.moment !== 'after') return misbehave(fault.answer, request, response);
    const reply = await handlers[call.operation](call);
    return fault ? misbehave(fault.answer, request, response) : send(reply, request, response);
  };

  const underway = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answered = respond(request, response)
      .catch((error: unknown) => send(errorReply(asB2Error(error)), request, response))
      .finally(() => underway.delete(answered));
    underway.add(answered);
  });
  // An upload may take long, and a kept connection that closes under a client's next request is an error to it.
  Object.assign(server, { requestTimeout: 0, keepAliveTimeout: 0 });

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const noLongerListening = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([noLongerListening, ...underway]);
    store.close();
  };

  const standIn: B2StandIn = {
    endpoint: `http://${LOOPBACK}:${String(await listen(server, options.port ?? 0))}`,
    calls: () => calls.counts(),
    faults,
    versions: (bucket) => allVersions(store, bucket),
    applyLifecycle: (now) => {
      clock.advance(Math.max(0, (now?.getTime() ?? 0) - clock.now()));
      return applyLifecycle(store, clock.now());
    },
    damage: async (fileId) => {
      const piece = store.catalogue.version(fileId)?.pieces[0];
      if (!piece?.size) throw new Error(`${fileId} has no content`);
      await store.contents.damage(piece);
    },
    close: () => (closed ??= close()),
  };
  return standIn;
}

function createHandlers(
  access: Access,
  store: Store,
  endpoint: () => string,
): Record<OperationName, Handler> {
  return {
    ...createAccountOperations(access, store, endpoint),
    ...createBucketOperations(access, store),
    ...createListOperations(access, store),
    ...createUploadOperations(access, store, endpoint),
    ...createLargeFileOperations(access, store, endpoint),
    ...createUnfinishedFileOperations(access, store),
    ...createFileOperations(access, store),
    ...createDownloadOperations(access, store),
  };
}

function allVersions({ catalogue }: Store, bucketName: string): FileVersion[] {
  const bucketId = catalogue.bucketNamed(bucketName)?.bucketId;
  if (bucketId === undefined) throw new Error(`no bucket ${bucketName}`);
  return catalogue.names(bucketId).flatMap((name) => catalogue.versions(bucketId, name));
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port;
}
