/** Task queue of the control worker: every workflow runs there. */
export const CONTROL_QUEUE = 'fts-control';

/** Task queue of the one worker that touches the named host's disks. */
export const hostQueue = (host: string): string => `host-${host}`;
