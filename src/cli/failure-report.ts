import { CommanderError } from 'commander';
import type { RunError } from '../domain/job.js';
import { FtsError } from '../domain/failures.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { EstateError, formatFindings } from '../estate/findings.js';
import { ServerUnreachable, unreachable } from './connection.js';
import { plural } from './format.js';
import { GrpcCode, grpcCode, grpcDetails, isOutage } from './grpc-errors.js';
import { note, printError, printJson } from './output.js';

/** Errors of an estate that one answer holds. */
const MOST_ERRORS = 50;

/** Tells why a command ended, for people on stderr or as the one JSON object, and answers with its exit code. */
export function reportFailure(error: unknown, { json }: { json: boolean }): number {
  if (error instanceof EstateError) return reportEstateError(error, json);
  const { exitCode, ...failure } = describeFailure(error);
  if (json) printJson({ error: failure });
  else printError(failure);
  return exitCode;
}

function describeFailure(error: unknown): RunError & { exitCode: number } {
  if (error instanceof CommanderError) return { exitCode: ExitCode.usage, ...misuse(error) };
  if (error instanceof UsageError) return { exitCode: ExitCode.usage, ...usage(error) };
  if (error instanceof ServerUnreachable) return { exitCode: ExitCode.unreachable, ...connection(error) };
  if (error instanceof FtsError) {
    const { type, message, hint } = error;
    const exitCode = type === 'WrongPassword' ? ExitCode.usage : ExitCode.unhealthy; // the estate names the secret
    return { exitCode, type, message, ...(hint === undefined ? {} : { hint }) };
  }
  const code = grpcCode(error);
  if (code !== undefined) return { exitCode: ExitCode.unreachable, ...connection(refusal(error, code)) };
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: ExitCode.unhealthy, type: 'Internal', message };
}

function usage({ message, hint, suggestion }: UsageError): RunError {
  const next = suggestion === undefined ? hint : `did you mean ${suggestion}?`;
  return { type: 'Usage', message, ...(next === undefined ? {} : { hint: next }) };
}

/** commander puts its suggestion on a second line, in parentheses. */
function misuse({ message }: CommanderError): RunError {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  return {
    type: 'Usage',
    message: first,
    hint: suggestion?.replace(/^\(Did (.*)\)$/, 'did $1') ?? 'see `fts --help`',
  };
}

const connection = ({ message, hint }: ServerUnreachable): RunError => ({
  type: 'TemporalUnreachable',
  message,
  hint,
});

function refusal(error: unknown, code: number): ServerUnreachable {
  const details = grpcDetails(error) ?? 'it gave no reason';
  if (isOutage(error)) return unreachable('its address', details);
  const denied = code === GrpcCode.permissionDenied || code === GrpcCode.unauthenticated;
  return new ServerUnreachable(
    `Temporal refused the request: ${details}`,
    denied
      ? 'look at TEMPORAL_API_KEY, the TLS settings and TEMPORAL_NAMESPACE'
      : 'look at TEMPORAL_NAMESPACE, and that the server is 1.29 or later',
  );
}

function reportEstateError({ findings }: EstateError, json: boolean): number {
  if (json) {
    const message = `the estate is wrong in ${plural(findings.length, 'place')}`;
    const errors = findings.slice(0, MOST_ERRORS);
    printJson({ error: { type: 'EstateInvalid', message, hint: 'run `fts check`', errors } });
  } else {
    for (const line of formatFindings(findings)) note(line);
  }
  return ExitCode.usage;
}
