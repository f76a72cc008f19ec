import { join } from 'node:path';
import { headOf, namesIn, withScripts } from './doctor-text.js';
import type { TimerEntry, TimerPlaces } from './doctor-timer-entry.js';

/** Lines of crontabs, and the scripts of the periodic folders. Other users' crontabs are seen by root only. */
export async function cronEntries({ root }: TimerPlaces): Promise<TimerEntry[]> {
  const cronD = join(root, 'etc/cron.d');
  const crontabs = join(root, 'var/spool/cron/crontabs');
  const files = [join(root, 'etc/crontab'), ...(await filesIn(cronD)), ...(await filesIn(crontabs))];
  const periods = ['hourly', 'daily', 'weekly', 'monthly'].map((period) => join(root, `etc/cron.${period}`));
  const scripts = (await Promise.all(periods.map(filesIn))).flat();
  const [lines, whole] = await Promise.all([
    Promise.all(files.map((file) => crontabLines(file, crontabs))),
    Promise.all(scripts.map(periodicScript)),
  ]);
  return [...lines.flat(), ...whole];
}

async function crontabLines(file: string, crontabs: string): Promise<TimerEntry[]> {
  const lines = (await headOf(file))
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const isJob = ({ line }: { line: string }): boolean => /^(?:[\d*]|@\w)/.test(line);
  return Promise.all(
    lines.filter(isJob).map(async ({ line, number }) => {
      const place = `${file}:${String(number)}`;
      const user = file.startsWith(crontabs) ? file.slice(crontabs.length + 1) : undefined;
      const fix =
        user === undefined ? `sudo sed -i '${String(number)}s/^/#/' ${file}` : `sudo crontab -u ${user} -e`;
      return { name: `cron's ${place}`, text: await withScripts(line), fix };
    }),
  );
}

const periodicScript = async (file: string): Promise<TimerEntry> => ({
  name: `cron's ${file}`,
  text: await withScripts(await headOf(file)),
  fix: `sudo chmod -x ${file}`,
});

const filesIn = async (folder: string): Promise<string[]> =>
  (await namesIn(folder)).map((name) => join(folder, name));
