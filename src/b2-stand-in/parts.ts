import { MIN_PART_BYTES } from './authorize-account.js';
import { B2Error, badRequest } from './protocol.js';
import type { Part } from './records.js';

/** Most parts of a large file; B2's. */
const MAX_PARTS = 10_000;

/** B2's part object. */
export const partView = (fileId: string, { partNumber, piece, uploadTimestamp }: Part): object => ({
  fileId,
  partNumber,
  contentLength: piece.size,
  contentSha1: piece.sha1,
  uploadTimestamp,
});

/** The number of a part, if it is one. */
export function checkedNumber(partNumber: number): number {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAX_PARTS)
    throw badRequest(`Part number must be in range 1 - ${String(MAX_PARTS)}`);
  return partNumber;
}

/** Refuses to put parts together that are not all there, not those of the list, or too small. */
export function checkParts(parts: readonly Part[], sha1s: readonly string[]): void {
  if (sha1s.length < 2) throw badRequest('Large files must have at least 2 parts');
  if (parts.length > sha1s.length) throw badRequest('More parts were uploaded than are listed');
  for (const [index, sha1] of sha1s.entries()) {
    const [part, number] = [parts[index], String(index + 1)];
    if (part?.partNumber !== index + 1)
      throw new B2Error(400, 'missing_part', `Part number ${number} has not been uploaded`);
    if (part.piece.sha1 !== sha1)
      throw new B2Error(
        400,
        'part_sha1_mismatch',
        `Part number ${number} has SHA1 ${part.piece.sha1}, not ${sha1}`,
      );
    if (index < sha1s.length - 1 && part.piece.size < MIN_PART_BYTES)
      throw badRequest(`Part number ${number} is smaller than ${String(MIN_PART_BYTES)} bytes`);
  }
}
