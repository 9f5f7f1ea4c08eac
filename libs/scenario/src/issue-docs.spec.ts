import { expect, it } from 'vitest';
import { issueDocs } from './issue-docs.js';

it('docs/issues.md is what the registry says', async () => {
  await expect(issueDocs()).toMatchFileSnapshot('../../../docs/issues.md');
});
