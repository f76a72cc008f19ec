import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EstateError, loadEstate } from '../../src/estate/load.js';

/** Each sample begins with what is expected of it, a finding a line: `# LINE:COLUMN PATH MESSAGE`. */
const SAMPLES = join(import.meta.dirname, 'invalid');

function expectationsOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('# ')),
    )
    .map((line) => line.slice(2));
}

describe('an invalid estate is refused with every mistake, where it is', () => {
  it.each(readdirSync(SAMPLES))('%s', async (name) => {
    const file = join(SAMPLES, name);
    const error: unknown = await loadEstate(file).catch((reason: unknown) => reason);
    if (!(error instanceof EstateError)) throw new Error(`expected an EstateError, found ${String(error)}`);
    expect(
      error.findings.map(
        ({ line, column, path, message }) => `${String(line)}:${String(column)} ${path || '-'} ${message}`,
      ),
    ).toEqual(expectationsOf(file));
    for (const finding of error.findings) {
      expect(finding.file).toBe(file);
      expect(finding.suggestion).toBe(/; did you mean "([^"]+)"\?$/.exec(finding.message)?.[1]);
    }
  });

  it('shows nothing that may be a secret', async () => {
    const secret = 'hunter2';
    for (const name of readdirSync(SAMPLES)) {
      const error: unknown = await loadEstate(join(SAMPLES, name)).catch((reason: unknown) => reason);
      expect(JSON.stringify(error instanceof EstateError ? error.findings : [])).not.toContain(secret);
    }
  });
});
