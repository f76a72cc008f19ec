import { z } from 'zod';

const days = z
  .int()
  .positive()
  .nullish()
  .transform((it) => it ?? null);

/** A bucket's rule about old files. Days since the event; null means never. */
export const LifecycleRuleSchema = z.object({
  fileNamePrefix: z.string(),
  daysFromUploadingToHiding: days,
  daysFromHidingToDeleting: days,
  daysFromStartingToCancelingUnfinishedLargeFiles: days,
});
export type LifecycleRule = z.infer<typeof LifecycleRuleSchema>;

const BucketSchema = z.object({
  bucketId: z.string(),
  bucketName: z.string(),
  bucketType: z.string(),
  lifecycleRules: z.array(LifecycleRuleSchema),
  revision: z.int(),
});
export type Bucket = z.infer<typeof BucketSchema>;

const PieceSchema = z.object({ sha1: z.string(), size: z.int() });

/** Bytes in the content store. A file is one piece, or, uploaded in parts, several in a row. */
export type Piece = z.infer<typeof PieceSchema>;

const FileVersionSchema = z.object({
  fileId: z.string(),
  bucketId: z.string(),
  fileName: z.string(),
  /** `start`: a large file that is not finished; `hide`: a marker that hides what is older. */
  action: z.enum(['upload', 'hide', 'start']),
  contentLength: z.int(),
  /** `none` for a large file; null for a hide marker. */
  contentSha1: z.string().nullable(),
  contentType: z.string(),
  fileInfo: z.record(z.string(), z.string()),
  /** Milliseconds since the epoch, unlike every other version's. */
  uploadTimestamp: z.int(),
  pieces: z.array(PieceSchema),
});
export type FileVersion = z.infer<typeof FileVersionSchema>;

const PartSchema = z.object({ partNumber: z.int(), piece: PieceSchema, uploadTimestamp: z.int() });

/** A part of a large file that is not finished. */
export type Part = z.infer<typeof PartSchema>;

/** One change of what is stored: a line of the journal. A bucket or version replaces the one of the same id. */
export const ChangeSchema = z.discriminatedUnion('change', [
  z.object({ change: z.literal('bucket'), bucket: BucketSchema }),
  z.object({ change: z.literal('bucket-gone'), bucketId: z.string() }),
  z.object({ change: z.literal('version'), version: FileVersionSchema }),
  z.object({ change: z.literal('version-gone'), fileId: z.string() }),
  z.object({ change: z.literal('part'), fileId: z.string(), part: PartSchema }),
]);
export type Change = z.infer<typeof ChangeSchema>;
