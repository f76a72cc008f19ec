import { FtsError } from '../src/domain/failures.js';
import { ExitCode } from '../src/domain/outcome.js';
import { UsageError } from '../src/domain/usage-error.js';
import { EstateError } from '../src/estate/findings.js';

/** Runs a main function on this process's arguments and ends the process with its exit code. */
export async function runEntry(main: (args: readonly string[]) => Promise<number>): Promise<never> {
  process.exit(await exitCodeOf(main));
}

async function exitCodeOf(main: (args: readonly string[]) => Promise<number>): Promise<number> {
  try {
    return await main(process.argv.slice(2));
  } catch (error) {
    const usage = isUsage(error);
    process.stderr.write(`${usage || error instanceof FtsError ? describe(error) : stackOf(error)}\n`);
    return usage ? ExitCode.usage : ExitCode.unhealthy;
  }
}

const isUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof EstateError ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

function describe(error: Error): string {
  if (error instanceof EstateError) return error.message;
  if (error instanceof FtsError) return told(error.message, error.hint);
  if (!(error instanceof UsageError)) return told(error.message, undefined);
  const { message, hint, suggestion } = error;
  const next = suggestion === undefined ? hint : `did you mean ${suggestion}?`;
  return told(message, next);
}

const told = (message: string, hint: string | undefined): string =>
  `error: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`;
