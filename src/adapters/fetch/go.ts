import path from 'node:path';
import { execa, ExecaError } from 'execa';
import type { GoPackage } from './catalogue.js';
import { WayClosed } from './problem.js';
import type { ToolName } from '../tools-known.js';

/** Where Go's own installer puts it, often without telling PATH. */
const USUAL_GO_FOLDERS = ['/usr/local/go/bin', '/opt/homebrew/bin'];

/**
 * Builds `name` from its source and returns the program's path. The sources are checked against Go's public checksum
 * database. Everything is kept below `folder`, so that a second build there shares what the first one compiled.
 */
export async function buildWithGo(
  name: ToolName,
  { package: source, version, stamp }: GoPackage,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const bin = path.join(folder, 'bin');
  try {
    await execa('go', ['install', '-ldflags', `-s -w -X ${stamp}`, `${source}@${version}`], {
      cwd: folder,
      env: goEnvironment(folder, bin, environment),
      extendEnv: false,
      stdin: 'ignore',
    });
  } catch (error) {
    throw new WayClosed(goProblem(error));
  }
  return path.join(bin, name);
}

/** `-modcacherw`: Go's module cache is read-only otherwise, and could not be removed. */
function goEnvironment(folder: string, bin: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GOOS, GOARCH, GOMODCACHE, ...rest } = environment;
  return {
    ...rest,
    PATH: [environment.PATH, ...USUAL_GO_FOLDERS].join(path.delimiter),
    HOME: environment.HOME ?? folder,
    GOBIN: bin,
    GOPATH: path.join(folder, 'path'),
    GOCACHE: path.join(folder, 'cache'),
    GOTMPDIR: folder,
    GOFLAGS: '-trimpath -modcacherw',
    GOWORK: 'off',
    CGO_ENABLED: '0',
  };
}

function goProblem(error: unknown): string {
  if (!(error instanceof ExecaError)) throw error;
  if (error.code === 'ENOENT') return 'go is not installed';
  return String(error.stderr).trim().split('\n').slice(-3).join(' ') || error.shortMessage;
}
