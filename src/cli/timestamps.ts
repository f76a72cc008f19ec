/** A protobuf timestamp, as the API's messages carry it; `seconds` is a number or a Long. */
interface Timestamp {
  seconds?: unknown;
  nanos?: number | null;
}

/** The moment a protobuf timestamp means; undefined where the message has none. */
export function toDate(timestamp: Timestamp | null | undefined): Date | undefined {
  if (!timestamp) return undefined;
  const milliseconds = Number(timestamp.seconds ?? 0) * 1000 + Math.floor((timestamp.nanos ?? 0) / 1e6);
  return milliseconds > 0 ? new Date(milliseconds) : undefined;
}
