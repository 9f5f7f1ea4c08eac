import { describe, expect, it } from 'vitest';
import { quoted, wordsOf } from './words.js';

describe('a line', () => {
  it.each<[string, string[] | null]>([
    ['-A INPUT -j DROP', ['-A', 'INPUT', '-j', 'DROP']],
    ['  -A \t INPUT  ', ['-A', 'INPUT']],
    ['', []],
    ['--comment "two words" -j', ['--comment', 'two words', '-j']],
    ['--comment "" -j', ['--comment', '', '-j']],
    ['--comment "say \\"hi\\" \\\\ it\\\'s"', ['--comment', 'say "hi" \\ it\'s']],
    ['a"b c"d', ['ab c', 'd']],
    ["a\\b 'c d'", ['a\\b', "'c", "d'"]],
    ['--comment "never closed', null],
    ['--comment "ends in \\', null],
  ])('%s is split as iptables-restore splits it', (line, words) => expect(wordsOf(line)).toEqual(words));

  it.each(['plain_1-2', 'two words', 'say "hi"', "it's", 'back\\slash', 'ns1/svc1:p80', ''])(
    'has %j as one word where it is quoted',
    (text) => expect(wordsOf(`a ${quoted(text)} b`)).toEqual(['a', text, 'b']),
  );
});
