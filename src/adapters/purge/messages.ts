import { z } from 'zod';

/** Where a purge happens: a folder on a volume, by its components. Base64 is not needed: both are from the estate. */
const Place = {
  /** Absolute path of the volume's root. */
  volumeRoot: z.string(),
  /** Below it. */
  path: z.string(),
  /** The plan file. */
  plan: z.string(),
};

/** Device and inode of the purged folder: what the plan was made in. */
const Root = z.object({ dev: z.string(), ino: z.string() });

/** What the program is asked, as its one argument. */
export const PurgeRequest = z.discriminatedUnion('do', [
  z.object({ do: z.literal('scan'), olderThanSeconds: z.number().positive(), ...Place }),
  z.object({ do: z.literal('delete'), resumed: z.boolean(), planHash: z.string(), root: Root, ...Place }),
]);
export type PurgeRequest = z.infer<typeof PurgeRequest>;

const Removal = z.object({ files: z.number(), bytes: z.number() });
const Named = { path: z.string(), encoded: z.literal(true).exactOptional() };
const Problems = z.object({ count: z.number(), first: z.array(z.object({ ...Named, message: z.string() })) });

export const ScanAnswer = z.object({
  root: Root,
  planHash: z.string(),
  removal: Removal,
  folders: z.number(),
  total: z.number(),
  biggest: z.array(z.object({ ...Named, bytes: z.number() })),
  commonPath: z.base64(),
  problems: Problems,
});
export type ScanAnswer = z.infer<typeof ScanAnswer>;

export const DeleteAnswer = z.object({ deleted: Removal, changed: z.number(), problems: Problems });
export type DeleteAnswer = z.infer<typeof DeleteAnswer>;

/** One line of the program's output: how far it is, or, last, its answer or why it has none. */
export const PurgeLine = z.union([
  z.object({ progress: z.object({ files: z.number(), bytes: z.number().exactOptional() }) }),
  z.object({ answer: z.unknown() }),
  z.object({
    refused: z.object({
      type: z.enum(['PathUnsafe', 'StateCorrupt']),
      message: z.string(),
      hint: z.string().exactOptional(),
    }),
  }),
]);
export type PurgeLine = z.infer<typeof PurgeLine>;
