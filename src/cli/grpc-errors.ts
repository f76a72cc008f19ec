/** gRPC status codes that `fts` tells apart (grpc.io, "Status codes"). */
export const GrpcCode = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Codes that an outage, a restart or an overload of the server can cause; the same request may succeed later. */
const TRANSIENT = new Set<number>([1, 2, 4, 8, 10, 13, 14]);

/** The gRPC status in an error or in what caused it; undefined when it comes from elsewhere. */
export function grpcCode(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'number' && 'details' in at) return at.code;
  }
  return undefined;
}

/** What the server said, without the client library's wrapping. */
export function grpcDetails(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && 'details' in at && typeof at.details === 'string') return at.details;
  }
  return undefined;
}

/** Whether waiting may help: the server is away, restarting or overloaded. */
export function isOutage(error: unknown): boolean {
  const code = grpcCode(error);
  return code !== undefined && TRANSIENT.has(code);
}

/** Whether Temporal does not know what was asked for. A namespace that does not exist is something else. */
export function isNotFound(error: unknown): boolean {
  if (error instanceof Error && error.name === 'WorkflowNotFoundError') return true;
  return grpcCode(error) === GrpcCode.notFound && !/namespace/i.test(grpcDetails(error) ?? '');
}
