import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { layClaim } from '../adapters/lock-file.js';
import { UsageError } from '../domain/usage-error.js';

/** Makes this process the only `fts dev` of an estate and of a database; answers with what gives both up again. */
export async function ownEstateAndDatabase(
  estateMark: string,
  database: string,
): Promise<() => Promise<void>> {
  const marks = [
    { file: estateMark, what: 'this estate' },
    { file: `${database}.owner`, what: `the database ${database}` },
  ];
  const taken: (() => Promise<void>)[] = [];
  const giveUp = async (): Promise<void> => {
    for (const release of taken) await release();
  };
  for (const { file, what } of marks) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const claim = await layClaim(file);
    if (claim.owner === undefined) {
      taken.push(claim.release);
      continue;
    }
    await giveUp();
    const { pid } = claim.owner;
    throw new UsageError(`\`fts dev\` is running already for ${what}: process ${String(pid)}`, {
      hint: `use that one, or end it with \`kill ${String(pid)}\``,
    });
  }
  return giveUp;
}
