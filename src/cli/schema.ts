import { ExitCode } from '../domain/outcome.js';
import { estateJsonSchema } from '../estate/json-schema.js';
import { printLine } from './output.js';

/** `fts schema`: the JSON Schema of the estate file, for editors. */
export function schema(): Promise<number> {
  printLine(JSON.stringify(estateJsonSchema(), undefined, 2));
  return Promise.resolve(ExitCode.complete);
}
