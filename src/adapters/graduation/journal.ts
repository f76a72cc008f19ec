import { z } from 'zod';
import { MOVE_STEPS, type Move, type Recalled } from '../../domain/graduation.js';
import { oneAtATime } from '../one-at-a-time.js';
import type { State } from '../state.js';

const Identity = z.object({ device: z.string(), inode: z.string(), born: z.string().optional() });
const Hex = z.string().regex(/^([0-9a-f]{2})+$/);

const MoveSchema = z.object({
  id: z.uuid(),
  from: z.string(),
  to: z.string(),
  project: Hex,
  source: Identity,
  contents: z.string(),
  likeness: z.string(),
  files: z.number(),
  bytes: z.number(),
  step: z.enum(MOVE_STEPS),
  destination: Hex.optional(),
  copy: Identity.optional(),
  day: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(-\d+)?$/)
    .optional(),
  why: z.string().optional(),
  at: z.iso.datetime().optional(),
  run: z.string().optional(),
  recall: z.literal(true).optional(),
});

const RecalledSchema = z.object({ project: Hex, folder: Identity, at: z.iso.datetime() });

const Journal = z.object({ moves: z.array(MoveSchema), recalled: z.array(RecalledSchema).optional() });

const journalFile = (job: string): string => `graduation/${job}.json`;

/** The moves of a job that are not over, on the host's disk. Each change is durable before it is answered. */
export interface GraduationJournal {
  readonly moves: readonly Move[];
  /** Projects that were brought back not so long ago. */
  readonly recalled: readonly Recalled[];
  /** Adds the move or replaces what was known of it. A recall whose source is hidden is remembered beyond the move. */
  put(move: Move): Promise<void>;
  drop(move: Move): Promise<void>;
  /** Forgets recalls of before that moment (milliseconds since the epoch). */
  forgetRecalled(before: number): Promise<void>;
}

/** Fails with `StateCorrupt`. */
export async function openJournal(state: State, job: string): Promise<GraduationJournal> {
  const known = await state.read(journalFile(job), Journal);
  let moves: Move[] = known?.moves ?? [];
  let recalled: Recalled[] = known?.recalled ?? [];
  const inTurn = oneAtATime();
  /** Two projects may be on their way at once: each change is to what the one before it left. */
  const write = (change: () => { moves?: Move[]; recalled?: Recalled[] }): Promise<void> =>
    inTurn(async () => {
      const next = { moves, recalled, ...change() };
      await state.write(journalFile(job), next satisfies z.input<typeof Journal>);
      ({ moves, recalled } = next);
    });
  return {
    get moves() {
      return moves;
    },
    get recalled() {
      return recalled;
    },
    put: (move) => {
      const [news] = recallOf(move);
      return write(() => ({
        moves: [...moves.filter(({ id }) => id !== move.id), move],
        ...(news && { recalled: [...recalled.filter(({ project }) => project !== news.project), news] }),
      }));
    },
    drop: (move) => write(() => ({ moves: moves.filter(({ id }) => id !== move.id) })),
    forgetRecalled: async (before) => {
      const isLeft = ({ at }: Recalled): boolean => Date.parse(at) >= before;
      if (!recalled.every(isLeft)) await write(() => ({ recalled: recalled.filter(isLeft) }));
    },
  };
}

function recallOf({ recall, step, destination, copy, at }: Move): Recalled[] {
  if (!recall || step !== 'hidden' || !destination || !copy || !at) return [];
  return [{ project: destination, folder: copy, at }];
}
