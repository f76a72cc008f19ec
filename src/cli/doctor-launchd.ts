import { join } from 'node:path';
import { headOf, namesIn, withScripts } from './doctor-text.js';
import type { TimerEntry, TimerPlaces } from './doctor-timer-entry.js';

/** Property lists that launchd loads at start or log-in; only macOS has such folders. */
export async function launchdEntries({ root, home }: TimerPlaces): Promise<TimerEntry[]> {
  const folders = [
    { folder: join(root, 'Library/LaunchDaemons'), fix: 'sudo launchctl bootout system' },
    { folder: join(root, 'Library/LaunchAgents'), fix: 'launchctl bootout gui/$UID' },
    { folder: join(home, 'Library/LaunchAgents'), fix: 'launchctl bootout gui/$UID' },
  ];
  const found = folders.map(async ({ folder, fix }) => {
    const files = (await namesIn(folder))
      .filter((name) => name.endsWith('.plist'))
      .map((name) => join(folder, name));
    return Promise.all(
      files.map(async (file) => ({
        name: `launchd's ${file}`,
        text: await withScripts(await headOf(file)),
        fix: `${fix} ${file}`,
      })),
    );
  });
  return (await Promise.all(found)).flat();
}
