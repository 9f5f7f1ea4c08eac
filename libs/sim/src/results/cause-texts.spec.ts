import { expect, it } from 'vitest';
import { CAUSE_TEXTS, causeDocs } from './cause-texts.js';
import { CAUSES } from './result.js';

it('docs/causes.md says of every cause what it means and what to do', async () => {
  expect(Object.keys(CAUSE_TEXTS).sort()).toEqual([...CAUSES].sort());
  await expect(causeDocs()).toMatchFileSnapshot('../../../../docs/causes.md');
});
