import { checks } from './checks.js';
import { driveLetters, hostnames, remoteSettings, vaultNames } from './clients.js';
import { hiddenVersions, mirrorOptions, mirrorSources, mirrorTargets } from './mirrors.js';
import { patterns } from './patterns.js';
import { references } from './references.js';
import { localUrls, oneNameEach, repositoryHosts, repositoryPlaces } from './repositories.js';
import type { Rule } from './rule.js';
import {
  graduations,
  keepsSomething,
  purgeRoots,
  repositoriesStayWhole,
  repositoryOutsideSource,
} from './sources.js';
import { sameMinute } from './timing.js';
import { nesting, volumes } from './volumes.js';

/** Everything that holds between the values of an estate. */
export const RULES: readonly Rule[] = [
  references,
  hostnames,
  volumes,
  nesting,
  repositoryPlaces,
  repositoryHosts,
  localUrls,
  oneNameEach,
  remoteSettings,
  vaultNames,
  repositoryOutsideSource,
  keepsSomething,
  graduations,
  purgeRoots,
  repositoriesStayWhole,
  mirrorTargets,
  mirrorOptions,
  patterns,
  hiddenVersions,
  mirrorSources,
  checks,
  sameMinute,
  driveLetters,
];
