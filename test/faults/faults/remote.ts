import type { Fault } from '../fault.js';
import type { RemoteTrouble } from '../remote.js';

/** So often at most; restic and rclone go on trying for longer. */
const MOST_TIMES = 4;

/** A remote that answers some requests in a way that it gets over by itself. */
const remoteAnswers = (name: string, answer: RemoteTrouble['answer'], moment?: 'after'): Fault => ({
  name: `remote-${name}`,
  weight: 1.2,
  demands: [],
  lasts: [0, 0],
  strike: async ({ remote }, random) => {
    const times = random.int(1, MOST_TIMES);
    await remote.trouble({ answer, times, ...(moment && { moment }) });
    return { target: `${String(times)} requests`, atRest: false, lift: () => Promise.resolve() };
  },
});

export const REMOTE_FAULTS: readonly Fault[] = [
  remoteAnswers('429', { status: 429, code: 'too_many_requests', retryAfter: 1 }),
  remoteAnswers('500', { status: 500, code: 'internal_error' }),
  remoteAnswers('503', { status: 503, code: 'service_unavailable', retryAfter: 1 }),
  remoteAnswers('reset', 'reset'),
  remoteAnswers('lost-answer', 'reset', 'after'),
];
