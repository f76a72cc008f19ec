import { existsSync } from 'node:fs';
import { program } from '../programs.js';
import type { Scenario } from '../scenario.js';
import { check } from './check.js';
import { graduation } from './graduation.js';
import { mirror } from './mirror.js';
import { restore } from './restore.js';
import { snapshot } from './snapshot.js';

/** Those whose workflow this build has. */
export const SCENARIOS: readonly Scenario[] = [graduation, snapshot, mirror, restore, check].filter(
  ({ name }) => existsSync(program(`workflows/${name}.js`)),
);
