/** SHA-256 of ASCII text. Source: FIPS 180-4. Here because the model imports nothing, and chain names are hashes. */

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

const INITIAL_STATE = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** Written anew by each call: a cluster has tens of thousands of chains, and buffers would cost as much as their hashes. */
const state = new Int32Array(8);
const words = new Int32Array(64);

/** The hash as eight big-endian words, good until the next call. A character above U+00FF throws a RangeError. */
export function sha256(text: string): Int32Array {
  const { length } = text;
  const blocks = Math.ceil((length + 9) / 64);
  state.set(INITIAL_STATE);
  for (let block = 0; block < blocks; block++) {
    words.fill(0, 0, 16);
    const from = block * 64;
    for (let at = from; at < length && at < from + 64; at++) putByte(at, byteAt(text, at));
    if (length >= from && length < from + 64) putByte(length, 0x80);
    if (block === blocks - 1) words[15] = length * 8;
    compress();
  }
  return state;
}

function byteAt(text: string, place: number): number {
  const code = text.charCodeAt(place);
  if (code > 0xff) throw new RangeError('sha256 takes one byte per character');
  return code;
}

function putByte(place: number, byte: number): void {
  const word = (place & 63) >>> 2;
  words[word] = words[word]! | (byte << (24 - 8 * (place & 3)));
}

function compress(): void {
  for (let index = 16; index < 64; index++) {
    const near = words[index - 15]!;
    const far = words[index - 2]!;
    const mixedNear = rotate(near, 7) ^ rotate(near, 18) ^ (near >>> 3);
    const mixedFar = rotate(far, 17) ^ rotate(far, 19) ^ (far >>> 10);
    words[index] = (words[index - 16]! + mixedNear + words[index - 7]! + mixedFar) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let index = 0; index < 64; index++) {
    const choice = (e & f) ^ (~e & g);
    const mixedE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + mixedE + choice + ROUND_CONSTANTS[index]! + words[index]!) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const mixedA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + mixedA + majority) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}
