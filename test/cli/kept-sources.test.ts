import { describe, expect, it } from 'vitest';
import { keptSourceLines, keptSourcesAdvice } from '../../src/cli/kept-sources.js';

const reason = 'its project is no longer in space/projects, where it was published';
const at = 'flux/.fts/graduated/2030-01-02/cold';
const RESULT = { sources: { removed: 0, waiting: 1, kept: 2, reasons: [{ project: 'cold', reason, at }] } };

describe('hidden sources that stay', () => {
  it('are told with where they are and what to do', () => {
    const lines = keptSourceLines(RESULT);
    expect(lines[0]).toMatch(/^2 hidden sources .* delete what is not needed/);
    expect(lines.slice(1)).toEqual([`  ${at}: ${reason}`, '  and 1 more']);
    const [advice = ''] = keptSourcesAdvice('graduation', RESULT);
    expect(advice).toContain(`graduation keeps 2 hidden sources past the time, such as ${at} (${reason})`);
  });

  it.each([[{ sources: { ...RESULT.sources, kept: 0 } }], [{ deleted: { files: 1, bytes: 1 } }], [null]])(
    'are not told of %j',
    (result) => {
      expect([...keptSourceLines(result), ...keptSourcesAdvice('job', result)]).toEqual([]);
    },
  );
});
