import { totalmem } from 'node:os';

/**
 * Environment for a tool that is written in Go: its collector runs whenever the heap has grown by so much, and as often as it takes
 * to stay below a share of this machine's memory.
 */
export const collectorSettings = (growthPercent: number, memoryShare: number): Record<string, string> => ({
  GOGC: String(growthPercent),
  GOMEMLIMIT: String(Math.floor(usableMemory() * memoryShare)),
});

/** Bytes that this machine has, or the control group allows. */
const usableMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity);
