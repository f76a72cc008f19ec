/** Something that another scheduler starts. */
export interface TimerEntry {
  /** For people: the unit, or file and line. */
  name: string;
  /** All that tells what it does. */
  text: string;
  /** The command that switches it off. */
  fix: string;
}

/** Where to look; tests have their own folders. */
export interface TimerPlaces {
  /** Root of the file system. */
  root: string;
  home: string;
}
