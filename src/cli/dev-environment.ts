import { LOOPBACK } from './dev-ports.js';

/**
 * The environment of what `fts dev` starts: Temporal is the embedded server, whatever the user's own settings say.
 * `absentFile` stands in for the user's temporal.toml; Temporal's libraries mind an empty one, but not a missing one.
 */
export function devEnvironment(
  environment: NodeJS.ProcessEnv,
  { port, absentFile }: { port: number; absentFile: string },
): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return {
    ...Object.fromEntries(others),
    TEMPORAL_ADDRESS: `${LOOPBACK}:${String(port)}`,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_CONFIG_FILE: absentFile,
  };
}
