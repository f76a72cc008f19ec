import { z } from 'zod';
import { MOVE_STEPS, type Move } from '../domain/graduation.js';
import type { State } from './state.js';

const Identity = z.object({ device: z.string(), inode: z.string() });
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
  day: z.iso.date().optional(),
  at: z.iso.datetime().optional(),
  run: z.string().optional(),
});

const Journal = z.object({ moves: z.array(MoveSchema) });

const journalFile = (job: string): string => `graduation/${job}.json`;

/** The moves of a job that are not over, on the host's disk. Each change is durable before it is answered. */
export interface GraduationJournal {
  readonly moves: readonly Move[];
  /** Adds the move or replaces what was known of it. */
  put(move: Move): Promise<void>;
  drop(move: Move): Promise<void>;
}

/** Fails with `StateCorrupt`. */
export async function openJournal(state: State, job: string): Promise<GraduationJournal> {
  let { moves } = (await state.read(journalFile(job), Journal)) ?? { moves: [] as Move[] };
  const write = async (changed: Move[]): Promise<void> => {
    await state.write(journalFile(job), { moves: changed } satisfies z.input<typeof Journal>);
    moves = changed;
  };
  return {
    get moves() {
      return moves;
    },
    put: (move) => write([...moves.filter(({ id }) => id !== move.id), move]),
    drop: (move) => write(moves.filter(({ id }) => id !== move.id)),
  };
}
