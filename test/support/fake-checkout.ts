import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { fakeTool } from './fake-tool.js';

/** Stands in for tsc: fails on a source with BROKEN in it, else makes what the real one makes of this product. */
const TSC = `
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
if (readFileSync('src/source.ts', 'utf8').includes('BROKEN')) { console.log('source.ts(1,1): error TS1'); process.exit(2); }
const out = process.argv.at(-1);
const write = (file, text) => { mkdirSync(dirname(out + '/' + file), { recursive: true }); writeFileSync(out + '/' + file, text); };
write('src/cli/main.js', '');
write('src/adapters/fetch/tools.js', 'export const ensureTools = async (names) => names.filter((name) => name === "restic").map((name) => ({ name, version: "0.18.0", fetched: false }));');
write('src/tour/main.js', readFileSync('src/tour.js', 'utf8'));
write('workers/build-bundle.js', 'import { writeFileSync } from "node:fs"; writeFileSync("dist/workflow-bundle.js", "");');
`;

/** Stands in for the bundler of the command line. */
const BUNDLER = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist/command-line');
writeFileSync('dist/command-line/main.cjs', '');
`;

/** Stands in for npm: notes its arguments and leaves the record of what it installed. */
export const NPM =
  'echo "$@" >>npm.log; mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json';

/** A checkout with this product's set-up scripts, and stand-ins for the slow programs they call. */
export class FakeCheckout {
  private constructor(readonly root: string) {}

  static async create(): Promise<FakeCheckout> {
    const checkout = new FakeCheckout(await mkdtemp(path.join(tmpdir(), 'fts-checkout-')));
    await cp('scripts', checkout.at('scripts'), { recursive: true });
    for (const folder of ['src', 'workflows', 'activities', 'workers', 'schedules', 'test'])
      await mkdir(checkout.at(folder));
    await checkout.write('package.json', '{ "type": "module" }');
    await checkout.write('tsconfig.json', '{}');
    await checkout.lock({ zod: '4.0.0' });
    await checkout.write('src/source.ts', '');
    await checkout.write('src/tour.js', '');
    await checkout.write('scripts/command-line/bundle.mjs', BUNDLER);
    await checkout.write('node_modules/typescript/package.json', '{ "type": "commonjs" }');
    await checkout.write('node_modules/typescript/bin/tsc', TSC);
    await fakeTool(checkout.at('bin'), 'npm', NPM);
    return checkout;
  }

  at(...parts: string[]): string {
    return path.join(this.root, ...parts);
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(this.at(file)), { recursive: true });
    await writeFile(this.at(file), text);
  }

  /** Makes package-lock.json ask for these packages. */
  async lock(versions: Record<string, string>): Promise<void> {
    const packages: Record<string, object> = { '': {} };
    for (const [name, version] of Object.entries(versions)) packages[`node_modules/${name}`] = { version };
    await this.write('package-lock.json', JSON.stringify({ packages }));
  }

  /** Runs `scripts/run.mjs` from another folder; never rejects. */
  run(...args: string[]) {
    return execa(process.execPath, [this.at('scripts', 'run.mjs'), ...args], {
      cwd: tmpdir(),
      env: { PATH: `${this.at('bin')}:/usr/bin:/bin` },
      extendEnv: false,
      reject: false,
    });
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true });
  }
}
