// The table of outcomes stands beside the code that judges and in the guide: both are the same.
import { read, section, tableRows } from './documents.js';

describe('What becomes of a message', () => {
  it('is told alike by docs/guides/listeners.md and by outcome.ts', () => {
    const comment = read('libs/nest-rocketmq/src/listener/outcome.ts').replaceAll(/^\/\/ ?/gm, '');
    const guide = tableRows(section(read('docs/guides/listeners.md'), '## What becomes of a message'));
    expect(guide).toHaveLength(13);
    expect(guide).toEqual(tableRows(comment));
  });
});
