import { join } from 'node:path';
import { headOf, namesIn, withScripts } from './doctor-text.js';
import type { TimerEntry, TimerPlaces } from './doctor-timer-entry.js';

/** Timer units that are enabled: systemd keeps a link to each in a `.wants` folder. */
export async function systemdEntries({ root, home }: TimerPlaces): Promise<TimerEntry[]> {
  const [system, user] = await Promise.all([
    enabledTimers(join(root, 'etc/systemd/system'), [join(root, 'lib/systemd/system')], 'sudo systemctl'),
    enabledTimers(join(home, '.config/systemd/user'), [], 'systemctl --user'),
  ]);
  return [...system, ...user];
}

async function enabledTimers(folder: string, further: string[], command: string): Promise<TimerEntry[]> {
  const wants = (await namesIn(folder)).filter((name) => name.endsWith('.wants'));
  const linked = await Promise.all(wants.map((name) => namesIn(join(folder, name))));
  const timers = new Set(linked.flat().filter((name) => name.endsWith('.timer')));
  return Promise.all(
    [...timers].map(async (timer) => {
      const unit = await unitText(timer, [folder, ...further]);
      const service = /^Unit=(.+)$/m.exec(unit)?.[1]?.trim() ?? timer.replace(/\.timer$/, '.service');
      const text = await withScripts(await unitText(service, [folder, ...further]));
      return {
        name: `systemd's ${timer}`,
        text: `${timer}\n${text}`,
        fix: `${command} disable --now ${timer}`,
      };
    }),
  );
}

async function unitText(unit: string, folders: readonly string[]): Promise<string> {
  const texts = await Promise.all(folders.map((folder) => headOf(join(folder, unit))));
  return texts.join('\n');
}
