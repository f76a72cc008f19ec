/** Note of a schedule that is paused because its job is `paused: true`. By it our pause is told from an operator's. */
export const ESTATE_PAUSE_NOTE = 'paused in the estate file';

export interface PauseState {
  paused: boolean;
  note?: string;
}

/**
 * What a schedule's pause becomes. The estate's is applied, and taken back where it is the estate's own; one that an
 * operator made stays, whatever the estate says.
 */
export function pauseAfter(estatePauses: boolean, { paused, note = '' }: PauseState): Required<PauseState> {
  if (estatePauses && !paused) return { paused: true, note: ESTATE_PAUSE_NOTE };
  if (!estatePauses && paused && note === ESTATE_PAUSE_NOTE) return { paused: false, note: '' };
  return { paused, note };
}
