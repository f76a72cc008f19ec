import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { claim, release } from '../adapters/process-record.js';
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
  const taken: string[] = [];
  const giveUp = async (): Promise<void> => {
    for (const file of taken) await release(file);
  };
  for (const { file, what } of marks) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const owner = await claim(file);
    if (owner === undefined) {
      taken.push(file);
      continue;
    }
    await giveUp();
    throw new UsageError(`\`fts dev\` is running already for ${what}: process ${String(owner.pid)}`, {
      hint: `use that one, or end it with \`kill ${String(owner.pid)}\``,
    });
  }
  return giveUp;
}
