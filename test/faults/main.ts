/** The fault harness: `npm run test:faults -- --seed N --points N`. Exit code 0: every invariant held. docs/faults.md. */
import { toolFolders } from './tools.js';
import { harnessArguments } from './arguments.js';
import { runLanes } from './lanes.js';
import { describeRound, type Summary, summarise, summaryText } from './summary.js';

const args = harnessArguments(process.argv.slice(2));
process.env.PATH = [...(await toolFolders()), process.env.PATH].join(':');
const say = (text: string): void => void process.stderr.write(`${text}\n`);
say(`seed ${String(args.seed)}, ${String(args.points)} points, ${args.scenarios.join(', ')}`);
const rounds = await runLanes(args, (round) => {
  say(describeRound(args.seed, round));
});
const summary: Summary = summarise(args.seed, rounds);
say(summaryText(summary));
if (args.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exitCode = summary.ok ? 0 : 1;
