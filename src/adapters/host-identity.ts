import { hostname } from 'node:os';
import type { Estate } from '../estate/schema.js';

/** Whether a declared host is the machine this runs on: its `hostname`, else its name, is what the machine calls itself, short or in full. */
export function isThisHost(estate: Estate, name: string, machine: string = hostname()): boolean {
  const host = Object.hasOwn(estate.hosts, name) ? estate.hosts[name] : undefined;
  if (host === undefined) return false;
  const declared = (host.hostname ?? name).toLowerCase();
  const actual = machine.toLowerCase();
  return declared === actual || declared === firstLabel(actual) || firstLabel(declared) === actual;
}

/** The declared host that is this machine. */
export function thisHost(estate: Estate, machine: string = hostname()): string | undefined {
  return Object.keys(estate.hosts).find((name) => isThisHost(estate, name, machine));
}

const firstLabel = (name: string): string => name.split('.', 1)[0] ?? name;
