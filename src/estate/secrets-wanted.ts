import type { Estate } from './schema.js';

/** A secret that an estate refers to. */
export interface WantedSecret {
  secret: string;
  /** `repository flux-b2`, `device count-zero`: each once. */
  neededBy: string[];
}

/** Every secret that an estate refers to, whichever host needs it. */
export function secretsWanted(estate: Estate): WantedSecret[] {
  const wanted = new Map<string, Set<string>>();
  const want = (secret: string | undefined, by: string): void => {
    if (secret !== undefined) wanted.set(secret, (wanted.get(secret) ?? new Set()).add(by));
  };
  for (const [name, { password, environment }] of Object.entries(estate.repositories)) {
    want(password, `repository ${name}`);
    for (const value of Object.values(environment))
      if (typeof value === 'string') want(value, `repository ${name}`);
  }
  for (const [name, { secrets }] of Object.entries(estate.remotes))
    for (const secret of Object.values(secrets)) want(secret, `remote ${name}`);
  for (const [file, { variables }] of Object.entries(estate.secrets?.files ?? {}))
    for (const secret of Object.values(variables)) want(secret, `file ${file}`);
  for (const [name, { smbPassword }] of Object.entries(estate.devices)) want(smbPassword, `device ${name}`);
  return [...wanted].map(([secret, by]) => ({ secret, neededBy: [...by] }));
}
