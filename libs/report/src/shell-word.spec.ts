import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord, shellWordWithNode, singleQuoted } from './shell-word.js';

/** What a real shell makes of the words, each ended by a NUL. */
function readByShell(words: string[]): string[] {
  const script = `node=10.0.0.1; printf '%s\\0' ${words.join(' ')}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

const texts = () =>
  fc.sample(
    fc.string({ unit: 'binary-ascii', minLength: 1 }).filter((t) => !t.includes('\0')),
    300,
  );

describe('words of a shell command', () => {
  it('are read by a shell as they were meant, whatever they hold', () => {
    const wanted = [...texts(), `it's`, '$(id)', '`id`', '; rm x', '$node', '*', '~'];
    expect(readByShell(wanted.map(shellWord))).toEqual(wanted);
    expect(readByShell(wanted.map(singleQuoted))).toEqual(wanted);
  });

  it('keep $node as the only variable of a loop', () => {
    const templates = [...texts(), 'http://$node:80/?a=$HOME&b=`id`', '$node', '$nodes', '[$node]:1'];
    const wanted = templates.map((text) => text.replaceAll('$node', '10.0.0.1'));
    expect(readByShell(templates.map(shellWordWithNode))).toEqual(wanted);
  });

  it('stay bare where nothing needs quotes', () => {
    expect(shellWord('k8s.gcr.io/echoserver:1.4')).toBe('k8s.gcr.io/echoserver:1.4');
    expect(shellWordWithNode('$node:31234')).toBe('$node:31234');
  });
});
