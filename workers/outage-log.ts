/** Messages of the SDK's core about a call that it makes again and again while the server is away. */
const RETRIED = /^gRPC call \w+ retried \d+ times$/;

/** While an outage lasts, its log says so this often. */
const EVERY_MS = 60_000;

/** Tells which lines to leave out: in an outage each of a worker's pollers would write one every few seconds, for hours. */
export function outageFilter(now: () => number = Date.now): (message: string) => boolean {
  let lastAt = -Infinity;
  return (message) => {
    if (!RETRIED.test(message)) return false;
    if (now() - lastAt < EVERY_MS) return true;
    lastAt = now();
    return false;
  };
}
