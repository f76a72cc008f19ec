import type { Command } from 'commander';
import { type CommonOptions, NO_TEMPORAL, WRONG_REQUEST, described } from './command.js';

const CODES = { ...WRONG_REQUEST, ...NO_TEMPORAL };

/** `fts schedules` and what belongs to it. */
export function registerScheduleCommands(program: Command): void {
  const schedules = described(program.command('schedules'), {
    summary: 'show, apply and operate the schedules of the jobs',
    about: 'Touches only the schedules of this estate. A pause by an operator survives `apply`.',
    examples: [
      'fts schedules plan',
      'fts schedules apply',
      'fts schedules pause flux-backup --note "disk swap"',
    ],
    exitCodes: { 0: 'done', ...CODES, 5: 'trigger and backfill: skipped, as the schedule is paused' },
  });

  described(schedules.command('plan'), {
    summary: 'show what apply would change',
    about:
      'Shows too which snapshots a changed `keep` would remove, for jobs of this machine. They stay for a day after ' +
      'the first run that sees the change.',
    examples: ['fts schedules plan', 'fts schedules plan --json'],
    exitCodes: { 0: 'shown', ...CODES },
    json: true,
  }).action(async function (this: Command) {
    const { planSchedules } = await import('./schedules.js');
    process.exitCode = await planSchedules({ json: false, ...this.optsWithGlobals<CommonOptions>() });
  });

  described(schedules.command('apply'), {
    summary: 'make the schedules what the estate declares',
    examples: ['fts schedules apply'],
    exitCodes: { 0: 'applied', ...CODES },
    json: true,
  }).action(async function (this: Command) {
    const { applySchedules } = await import('./schedules.js');
    process.exitCode = await applySchedules({ json: false, ...this.optsWithGlobals<CommonOptions>() });
  });

  described(schedules.command('list'), {
    summary: 'list the schedules that are in place',
    examples: ['fts schedules list'],
    exitCodes: { 0: 'listed', ...CODES },
    json: true,
  }).action(async function (this: Command) {
    const { listSchedules } = await import('./schedules.js');
    process.exitCode = await listSchedules({ json: false, ...this.optsWithGlobals<CommonOptions>() });
  });

  registerOperations(schedules);
}

/** What an operator does to one schedule. ID is the name of a job or the id of its schedule. */
function registerOperations(schedules: Command): void {
  type Given = CommonOptions & { note?: string; force?: boolean };

  described(schedules.command('pause <id>'), {
    summary: 'start no run of a job by itself until it is resumed',
    examples: ['fts schedules pause flux-backup --note "disk swap"'],
    exitCodes: { 0: 'paused', ...CODES },
    json: true,
  })
    .option('--note <text>', 'why, for whoever finds it paused')
    .action(async function (this: Command, id: string) {
      const { pauseSchedule } = await import('./schedules-operate.js');
      process.exitCode = await pauseSchedule({ json: false, ...this.optsWithGlobals<Given>(), id });
    });

  described(schedules.command('resume <id>'), {
    summary: 'end a pause',
    examples: ['fts schedules resume flux-backup'],
    exitCodes: { 0: 'resumed', ...CODES },
    json: true,
  })
    .option('--note <text>', 'why, for the record')
    .action(async function (this: Command, id: string) {
      const { resumeSchedule } = await import('./schedules-operate.js');
      process.exitCode = await resumeSchedule({ json: false, ...this.optsWithGlobals<Given>(), id });
    });

  described(schedules.command('trigger <id>'), {
    summary: 'fire a schedule now, as if its time had come',
    examples: ['fts schedules trigger flux-backup'],
    exitCodes: { 0: 'fired', ...CODES, 5: 'skipped: the schedule is paused' },
    json: true,
  })
    .option('--force', 'although it is paused')
    .action(async function (this: Command, id: string) {
      const { triggerSchedule } = await import('./schedules-operate.js');
      process.exitCode = await triggerSchedule({ json: false, ...this.optsWithGlobals<Given>(), id });
    });

  described(schedules.command('backfill <id>'), {
    summary: 'fire a schedule for due times that have passed',
    examples: ['fts schedules backfill flux-backup --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z'],
    exitCodes: { 0: 'fired', ...CODES, 5: 'skipped: the schedule is paused' },
    json: true,
  })
    .requiredOption('--from <time>', 'begin, RFC 3339')
    .requiredOption('--to <time>', 'end, RFC 3339')
    .option('--force', 'although it is paused')
    .action(async function (this: Command, id: string) {
      const { backfillSchedule } = await import('./schedules-operate.js');
      const options = this.optsWithGlobals<Given & { from: string; to: string }>();
      process.exitCode = await backfillSchedule({ json: false, ...options, id });
    });
}
