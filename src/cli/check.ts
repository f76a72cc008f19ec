import { ExitCode } from '../domain/outcome.js';
import { findEstateFile } from '../estate/find.js';
import { EstateError, formatFindings } from '../estate/findings.js';
import { loadEstate } from '../estate/load.js';
import { plural, printableText } from './format.js';
import { note, printJson, printLine } from './output.js';

/** Findings of one kind that the JSON answer holds; `counts` tells of the rest. */
const MOST_FINDINGS = 50;

export interface CheckOptions {
  estate?: string;
  json: boolean;
}

/** `fts check`: validates the estate file. Reads nothing else. */
export async function check({ estate: option, json }: CheckOptions): Promise<number> {
  const file = await findEstateFile({ option, environment: process.env, directory: process.cwd() });
  try {
    const { estate, warnings } = await loadEstate(file);
    if (json) printJson(answer([], warnings));
    for (const line of json ? [] : formatFindings(warnings)) note(`${line} (warning)`);
    const size = [
      plural(Object.keys(estate.jobs).length, 'job'),
      plural(Object.keys(estate.volumes).length, 'volume'),
      plural(Object.keys(estate.hosts).length, 'host'),
    ];
    if (!json) printLine(`${printableText(file)}: ok (${size.join(', ')})`);
    return ExitCode.complete;
  } catch (error) {
    if (!(error instanceof EstateError)) throw error;
    if (json) printJson(answer(error.findings, []));
    for (const line of json ? [] : formatFindings(error.findings)) note(line);
    return ExitCode.usage;
  }
}

const answer = (errors: EstateError['findings'], warnings: EstateError['findings']) => ({
  ok: errors.length === 0,
  errors: errors.slice(0, MOST_FINDINGS),
  warnings: warnings.slice(0, MOST_FINDINGS),
  counts: { errors: errors.length, warnings: warnings.length },
});
