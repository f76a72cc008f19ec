const LOOKS = 'it only looks';
const BUILD = 'part of the build: what it leaves is made anew by the next one';
const WORKSHOP = 'inside the workshop of a set-up, which the next one clears away (`workshop-made`)';
const RUNNER = 'runs what it is told to; whoever tells it has the point';
const STEPPED = 'whoever calls it tells the next step to `onStep` (`graduation`)';
const DIVIDED = 'a list of a rebuild, made anew until the record tells of it, or no longer needed';
const RESTORED = 'whoever calls it tells the next step to `onStep` (test/activities/restore-crash.test.ts)';
const LISTED =
  'a copy of what a remote lists, made before the record that goes by it, or removed after its result';
const LISTS = 'a file beside the plan, which counts for nothing before the record that names it is replaced';
const NOBODY = 'what it writes is for people to read, and nothing goes by it';
const WRITES = 'a pipe, or a file that was opened elsewhere';

/**
 * Calls that rename, delete, truncate, publish or run a program, and have no crash point in their function; each with
 * the reason. `file function call`; `*` for all calls of a function, `* *` for all of a file.
 */
export const EXEMPT: Readonly<Record<string, string>> = {
  'scripts/build.mjs build *': BUILD,
  'scripts/command-line/bundle.mjs * *': BUILD,
  'scripts/command-line/record-code.mjs * *': BUILD,
  'scripts/command-line/recorder.mjs * *': BUILD,
  'scripts/process.mjs * *': RUNNER,
  'scripts/setup-lock.mjs * *': 'the lock of a set-up; test/scripts/run.test.ts kills its holders',
  'src/adapters/approval-signature.ts signApproval execa': LOOKS,
  'src/adapters/check-folder.ts withCheckFolder rm': 'a folder for one check, which the next one empties',
  'src/adapters/fetch/archive.ts * *': WORKSHOP,
  'src/adapters/fetch/debian.ts * *': WORKSHOP,
  'src/adapters/fetch/download.ts * *': WORKSHOP,
  'src/adapters/fetch/go.ts * *': WORKSHOP,
  'src/adapters/fetch/workshop.ts close rm': WORKSHOP,
  'src/adapters/graduation/sweep.ts removeIfEmpty rmdir': 'the folder of a day, and only if it is empty',
  'src/adapters/mirror/check.ts compare writeFile': LISTS,
  'src/adapters/mirror/files.ts * *': LISTS,
  'src/adapters/mirror/listing.ts listRemote writeFile': LISTS,
  'src/adapters/mirror/metadata-owners.ts learn runTool': LOOKS,
  'src/adapters/mirror/owner.ts claim writeFile': LISTS,
  'src/adapters/mirror/place.ts writeNames writeFile': LISTS,
  'src/adapters/mirror/upload.ts remaining createWriteStream': LISTS,
  'src/adapters/mirror/verify.ts readBack writeFile': LISTS,
  'src/adapters/own-cache.ts * *': 'what of it is not whole is not used (test/cli/remembered-estate.test.ts)',
  'src/adapters/project/copy.ts * *': STEPPED,
  'src/adapters/project/lock.ts whileLocked startTied': 'flock, whose lock ends with it',
  'src/adapters/project/rename.ts renameFolder runProjectTool': STEPPED,
  'src/adapters/project/scan.ts * *': LOOKS,
  'src/adapters/purge/clock.ts synchronised runChild': LOOKS,
  'src/adapters/purge/delete.ts #file unlink': 'the point is where the folder does it (`purge-unlinked`)',
  'src/adapters/private-file.ts publish *': 'its one caller has the points (`kit-drafted`)',
  'src/adapters/purge/plan.ts #flush writeSync': 'a plan is believed only by the hash in its record',
  'src/adapters/purge/program.ts say writeSync': WRITES,
  'src/adapters/purge/tool.ts runProgram runTool': 'the program has the points',
  'src/adapters/rclone-stall.ts refusalOf runTool': LOOKS,
  'src/adapters/report.ts openReport createWriteStream': NOBODY,
  'src/adapters/restic/locks.ts ask runTool': LOOKS,
  'src/adapters/restic/locks.ts removeLock *': 'its one caller has the points (`stale-lock-judged`)',
  'src/adapters/restic/mount.ts * *': 'a mount that only reads; test/cli/browse kills its process',
  'src/adapters/drop-entry.ts dropEntry *': RESTORED,
  'src/adapters/put-entry.ts putEntry *': RESTORED,
  'src/adapters/put-entry.ts putFolder runProjectTool': RESTORED,
  'src/adapters/rebuild/mirror-files.ts #flush writeSync': DIVIDED,
  'src/adapters/rebuild/mirror-files.ts constructor openSync': DIVIDED,
  'src/adapters/rebuild/mirror-files.ts copySlices *': DIVIDED,
  'src/adapters/rebuild/mirror.ts removeRebuildFiles rm': DIVIDED,
  'src/adapters/restore/attributes.ts changeAttributes runProjectTool': RESTORED,
  'src/adapters/restore/folder-times.ts settleFolder runProjectTool': RESTORED,
  'src/adapters/restore/kept.ts linkOriginal link': RESTORED,
  'src/adapters/restore/kept.ts moveOriginal rename': RESTORED,
  'src/adapters/restore/loosen.ts loosenAll runProjectTool': RESTORED,
  'src/adapters/restore/loosen.ts loosenFolders runProjectTool': RESTORED,
  'src/adapters/restore/loosen.ts loosenFolders writeFile': RESTORED,
  'src/adapters/restore/metadata-make.ts withEach runProjectTool': RESTORED,
  'src/adapters/restore/metadata.ts bringMetadata rm': LISTED,
  'src/adapters/restore/mirror-files.ts removeMirrorFiles rm': LISTED,
  'src/adapters/restore/mirror-left-out.ts leaveOut rename': LISTED,
  'src/adapters/restore/mirror-list.ts listItem rm': LISTED,
  'src/adapters/restore/mirror-look.ts lookAtMetadata rm': LISTED,
  'src/adapters/restore/parcels.ts packParcels rename': RESTORED,
  'src/adapters/restore/publish.ts clear rmdir': RESTORED,
  'src/adapters/restore/publish.ts removeEmpty rmdir': 'a folder of ours, and only if it is empty',
  'src/adapters/restore/report.ts openConflictReport appendFile': RESTORED,
  'src/adapters/restore/report.ts wholeLines truncate':
    'half a line, which the next attempt cuts off as well',
  'src/adapters/restore/scan.ts scanTree runProjectTool': LOOKS,
  'src/adapters/state.ts writeDurably writeFile': 'a draft; `state-drafted` comes after it',
  'src/adapters/system-tool.ts startSystemTool startTied': RUNNER,
  'src/adapters/tied-process.ts startTied spawn': RUNNER,

  'src/adapters/tool.ts * *': RUNNER,
  'src/adapters/tools.ts askVersion execa': LOOKS,
  'src/adapters/volume/child.ts startChild spawn': RUNNER,
  'src/adapters/volume/filesystem.ts filesystemTag runChild': LOOKS,
  'src/adapters/volume/install.ts numericId runChild': LOOKS,
  'src/adapters/volume/probe.ts * *': 'a canary that holds nothing; each look makes it anew',
  'src/cli/browse.ts browse rmdir': 'an empty folder that it made itself',
  'src/cli/start-worker.ts startWorker startTied': RUNNER,
  'workers/build-bundle.ts main *': BUILD,
  'workers/embedded-server.ts main *': RUNNER,
  'workers/log-file.ts openableLog rename': NOBODY,
};
