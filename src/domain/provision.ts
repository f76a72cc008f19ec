/** What `provision` did. The second run on the same volume has `created: false` and nothing in `directories.made`. */
export interface ProvisionResult {
  volume: string;
  /** Absolute. */
  mountpoint: string;
  /** Null for a `directory` volume. */
  filesystemUuid: string | null;
  /** Whether the sentinel was written by this run. */
  created: boolean;
  /** The declared folders, as declared. */
  directories: { made: string[]; present: string[] };
  /** What an operator should know, one sentence each. */
  notes: string[];
}
