/** How much is measured. At scale 1: what the specification names. */
export interface Scale {
  /** Of the tree that is backed up. */
  files: number;
  bytes: number;
  /** Of the projects that graduate, in all. */
  projectFiles: number;
  projectBytes: number;
  scanFiles: number;
  /** Of a mirror's first run. One without changes has the tree that is backed up. */
  mirrorFiles: number;
  mirrorBytes: number;
  /** Of what takes long. */
  rounds: number;
  /** Of what takes a moment. */
  starts: number;
}

const GIB = 1024 ** 3;

export const scaled = (scale: number, rounds: number): Scale => ({
  files: Math.ceil(20_000 * scale),
  bytes: Math.ceil(2 * GIB * scale),
  projectFiles: Math.ceil(20_000 * scale),
  projectBytes: Math.ceil(2 * GIB * scale),
  scanFiles: Math.ceil(200_000 * scale),
  mirrorFiles: Math.ceil(4000 * scale), // rclone paces itself to 100 calls a second: more files measure nothing but that
  mirrorBytes: Math.ceil(GIB * scale),
  rounds,
  starts: 15,
});
