import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { BUNDLE_FILE, buildIdOf } from './bundle.js';

/**
 * Webpack's code for all workflows: the same bytes wherever the checkout (`root`) lies, so that its hash tells what
 * code it is. The SDK's settings write absolute paths into comments, module names, copies of the sources, and the
 * columns of the source map; this one has lines only.
 */
async function workflowBundle(workflows: string, root: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: workflows,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      context: root,
      devtool: 'inline-nosources-cheap-module-source-map',
      output: {
        ...config.output,
        filename: basename(BUNDLE_FILE),
        pathinfo: false,
        devtoolModuleFilenameTemplate: ({ resourcePath }: { resourcePath: string }) =>
          resourcePath.replaceAll(`${root}${sep}`, ''),
      },
    }),
  });
  return code;
}

/** The workflows beside this file: compiled ones in `dist`, else the source. */
function workflowsPath(here: string): string {
  const compiled = join(here, '..', 'workflows', 'index.js');
  return existsSync(compiled) ? compiled : join(here, '..', 'workflows', 'index.ts');
}

async function main(): Promise<void> {
  const checkout = dirname(dirname(BUNDLE_FILE));
  const code = await workflowBundle(workflowsPath(import.meta.dirname), checkout);
  await mkdir(dirname(BUNDLE_FILE), { recursive: true });
  const draft = `${BUNDLE_FILE}.${String(process.pid)}.tmp`;
  await writeFile(draft, code);
  await rename(draft, BUNDLE_FILE);
  process.stdout.write(`workflow bundle ${buildIdOf(code)}, ${String(Math.round(code.length / 1024))} KiB\n`);
}

await main();
