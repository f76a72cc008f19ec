/** A failure of set-up that a person can do something about. */
export class SetUpError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** Runs one step of the set-up and says on stderr what came of it (what `work` returns) and how long it took. */
export async function step(name, work) {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  try {
    const outcome = await work((line) => console.error(`set-up: ${line}`));
    console.error(`set-up: ${name}: ${outcome} (${seconds()})`);
  } catch (error) {
    console.error(`set-up: ${name}: failed (${seconds()})`);
    throw error;
  }
}

const HINTS = {
  EROFS: 'this folder is on a read-only filesystem: copy the checkout to where you can write',
  EACCES:
    'this folder, or something in it, belongs to somebody else: `ls -l` it, and `chown` it or copy the checkout',
  EPERM:
    'this folder, or something in it, belongs to somebody else: `ls -l` it, and `chown` it or copy the checkout',
  ENOSPC: 'the disk is full: make room (about 600 MB) and start again',
};

/** What to print for a failure: what failed and what to do; a stack only for what nobody foresaw. */
export function explain(error) {
  const hint = error.hint ?? HINTS[error.code];
  const known = hint !== undefined || error instanceof SetUpError;
  return [`error: ${known ? error.message : error.stack}`, ...(hint ? [`hint: ${hint}`] : [])].join('\n');
}
