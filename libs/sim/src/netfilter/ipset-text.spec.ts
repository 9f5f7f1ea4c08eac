import { describe, expect, it } from 'vitest';
import { readIpSets } from './ipset-text.js';
import { checkNodeRules, ownRulesets } from './own-rules.js';

const SAVED = `create nets hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xc7e56b3e
add nets 10.1.0.0/16 nomatch
add nets 10.0.0.0/8
create ports bitmap:port range 1-100
add ports 80
create hosts hash:ip family inet hashsize 1024 maxelem 65536 comment counters
add hosts 1.2.3.4 packets 3 bytes 180 comment "x y"
create masked hash:ip family inet hashsize 1024 maxelem 65536 netmask 24
add masked 10.2.3.0
create six hash:net,port family inet6 hashsize 1024 maxelem 65536
add six fd00:0::/64,udp:53
create all list:set size 8
add all nets
add all six
`;

describe('the text of ipset save', () => {
  it('gives the sets of each family, in the form of this model', () => {
    const { sets, problems } = readIpSets(SAVED);
    expect(problems).toEqual([]);
    expect(sets.IPv4.get('nets')?.entries).toEqual(['10.1.0.0/16 nomatch', '10.0.0.0/8']);
    expect(sets.IPv4.get('masked')).toMatchObject({ type: 'hash:net', entries: ['10.2.3.0/24'] });
    expect(sets.IPv4.get('hosts')?.entries).toEqual(['1.2.3.4']);
    expect(sets.IPv4.get('six')?.entries).toEqual([]);
    expect(sets.IPv6.get('six')?.entries).toEqual(['fd00::/64,udp:53']);
    expect(sets.IPv4.get('ports')?.entries).toEqual(sets.IPv6.get('ports')?.entries);
    expect(sets.IPv4.get('all')?.members?.map(({ name }) => name)).toEqual(['nets']);
    expect(sets.IPv6.get('all')?.members?.map(({ name }) => name)).toEqual(['six']);
  });

  it.each([
    ['create s hash:mac', '1 rules-unknown: sets of type "hash:mac" are not modelled'],
    [
      'create s hash:ip bitmask 255.0.0.0',
      '1 rules-unknown: the option "bitmask" of a set of type hash:ip is not modelled',
    ],
    ['create s hash:ip timeout 60', '1 rules-assumed: the entries of set "s" run out in time; here they stay'],
    ['create s hash:ip\ncreate s hash:ip', '2 rules-unreadable: the set "s" is there already'],
    ['add s 10.0.0.1', '1 rules-no-such-chain: an entry for the set "s", which has not been created'],
    ['create s hash:ip\nadd s fd00::1', '2 rules-unreadable: "fd00::1" is no IPv4 address'],
    [
      'create s hash:ip\nadd s 10.0.0.1 nomatch',
      '2 rules-unknown: the option "nomatch" of an entry of type hash:ip is not modelled',
    ],
    ['create s hash:net\nadd s 10.0.0.0/40', '2 rules-unreadable: "10.0.0.0/40" is no IPv4 network'],
    ['create s hash:ip,port\nadd s 10.0.0.1', '2 rules-unreadable: "10.0.0.1" is no entry of type hash:ip,port'],
    ['create s hash:ip,port\nadd s 10.0.0.1,tcp:70000', '2 rules-unreadable: "70000" is no port'],
    ['create s list:set\nadd s s', '2 rules-no-such-chain: "s" is no set that a list may have'],
    ['create constructor constructor', '1 rules-unknown: sets of type "constructor" are not modelled'],
    [
      'create s hash:ip constructor 1',
      '1 rules-unknown: the option "constructor" of a set of type hash:ip is not modelled',
    ],
    ['destroy s', '1 rules-unknown: the command "destroy" is not one that `ipset save` prints'],
    ['', '0 rules-unreadable: there is no set in the text'],
  ])('%j: says where and what', (text, expected) => {
    const found = readIpSets(text).problems.map(({ line, code, message }) => `${line} ${code}: ${message}`);
    expect(found).toContain(expected);
  });

  it('is read to its end, however much is assumed', () => {
    const many = Array.from(
      { length: 150 },
      (_, n) => `create s${n} hash:ip timeout 60\nadd s${n} 10.0.0.1 timeout 5\n`,
    );
    const { sets, problems } = readIpSets(many.join(''));
    expect(sets.IPv4.get('s149')!.entries).toEqual(['10.0.0.1']);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toMatchObject({ line: 201, message: 'from here on something is assumed 50 times more' });
  });

  it('is refused where it is too large', () => {
    const limits = { chars: 1000, lineChars: 100, sets: 2, entries: 3, problems: 5 };
    const codesOf = (text: string) => readIpSets(text, limits).problems.map(({ code }) => code);
    expect(codesOf('x'.repeat(1001))).toEqual(['rules-too-large']);
    expect(codesOf(`create s hash:ip comment ${'x'.repeat(100)}`)).toContain('rules-too-large');
    expect(codesOf('create a hash:ip\ncreate b hash:ip\ncreate c hash:ip')).toEqual(['rules-too-large']);
    expect(codesOf(`create a bitmap:port\n${'add a 1\n'.repeat(4)}`)).toEqual(['rules-too-large']);
    expect(codesOf('nothing\n'.repeat(9))).toHaveLength(5);
  });
});

describe('rules that ask sets', () => {
  const rules = (rule: string, ipsetSave?: string) => ({
    iptablesSave: `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${rule} -j DROP\nCOMMIT\n`,
    ip6tablesSave: null,
    nftRuleset: null,
    ...(ipsetSave === undefined ? {} : { ipsetSave }),
  });
  const problemsOf = (...given: Parameters<typeof rules>) =>
    checkNodeRules(rules(...given)).map(({ field, line, code }) => `${field} ${line} ${code}`);

  it('find those of the same node', () => {
    const given = rules('-m set ! --match-set all src', SAVED);
    expect(checkNodeRules(given)).toEqual([]);
    expect(ownRulesets(given).IPv4?.sets?.get('all')?.members).toHaveLength(1);
  });

  it.each([
    ['-m set --match-set nets src', undefined, 'iptablesSave 3 rules-unknown'],
    ['-m set --match-set nobody src', SAVED, 'iptablesSave 3 rules-no-such-chain'],
    ['-m set --match-set nets up', SAVED, 'iptablesSave 3 rules-unreadable'],
    ['-m set --match-set nets src --return-nomatch', SAVED, 'iptablesSave 3 rules-unknown'],
    ['-m set --match-set ports src', SAVED, 'iptablesSave 3 rules-unknown'],
    ['-p tcp', 'create s hash:mac', 'ipsetSave 1 rules-unknown'],
  ])('%s: %s', (rule, sets, expected) => {
    expect(problemsOf(rule, sets)).toContain(expected);
  });

  it('are missed where only sets are given', () => {
    const alone = { iptablesSave: null, ip6tablesSave: null, nftRuleset: null, ipsetSave: SAVED };
    expect(checkNodeRules(alone)).toMatchObject([{ field: 'ipsetSave', code: 'rules-assumed' }]);
  });
});
