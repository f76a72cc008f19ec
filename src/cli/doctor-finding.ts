/** One thing that `fts doctor` looked at. */
export interface DoctorFinding {
  area:
    'estate' | 'tools' | 'permissions' | 'secrets' | 'volumes' | 'remotes' | 'temporal' | 'system' | 'timers';
  state: 'ok' | 'warn' | 'fail';
  /** What was found, for people. */
  message: string;
  /** The command that mends it. */
  fix?: string;
}

type Area = DoctorFinding['area'];

export const ok = (area: Area, message: string): DoctorFinding => ({ area, state: 'ok', message });

/** Works, but not as it should. */
export const warn = (area: Area, message: string, fix?: string): DoctorFinding => ({
  area,
  state: 'warn',
  message,
  ...(fix === undefined ? {} : { fix }),
});

/** Something will not work until it is mended. */
export const fail = (area: Area, message: string, fix?: string): DoctorFinding => ({
  area,
  state: 'fail',
  message,
  ...(fix === undefined ? {} : { fix }),
});
