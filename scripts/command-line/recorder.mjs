// Loaded before the command line (node --import): at its end, writes beside each script of the bundle what was compiled.
import { writeFileSync } from 'node:fs';
import vm from 'node:vm';

const scripts = new Map();

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts.set(options.filename, this);
  }
};

process.on('exit', () => {
  for (const [file, script] of scripts) writeFileSync(`${file}.cache`, script.createCachedData());
});
