/**
 * What the palette promises, computed: contrast as WCAG 2 defines it, and how far apart colours stay for eyes without
 * one of the three cones (matrices of Machado, Oliveira and Fernandes, 2009, for full severity).
 */
import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '#sim';
import { DARK, LIGHT, type Palette } from './palette.js';

type Triple = [number, number, number];

const EYES: Record<string, [Triple, Triple, Triple]> = {
  'all three cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue cones': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Linear light, 0 … 1. */
function light(colour: string): Triple {
  return [1, 3, 5].map((place) => {
    const share = Number.parseInt(colour.slice(place, place + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const luminance = (colour: string) => dot(light(colour), [0.2126, 0.7152, 0.0722]);

function contrast(a: string, b: string): number {
  const [dark, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright! + 0.05) / (dark! + 0.05);
}

function lab(rgb: Triple): Triple {
  const [x, y, z] = [
    dot(rgb, [0.4124, 0.3576, 0.1805]) / 0.95047,
    dot(rgb, [0.2126, 0.7152, 0.0722]),
    dot(rgb, [0.0193, 0.1192, 0.9505]) / 1.08883,
  ].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)];
}

function distance(a: string, b: string, eye: [Triple, Triple, Triple]): number {
  const [from, to] = [a, b].map((colour) => {
    const seen = eye.map((row) => Math.min(1, Math.max(0, dot(row, light(colour))))) as Triple;
    return lab(seen);
  });
  return Math.hypot(...from!.map((value, n) => value - to![n]!));
}

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
] satisfies [string, Palette][])('the %s palette', (_, palette) => {
  it.each(['ink', 'soft', 'link', 'good', 'bad'] as const)(
    'shows text in %s with a contrast of 4.5 or more',
    (name) => {
      for (const ground of [palette.page, palette.paper])
        expect(contrast(palette[name], ground), ground).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('keeps text readable on heat and in badges', () => {
    for (const ground of palette.heat) expect(contrast(palette.ink, ground), ground).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.paper, palette.ink)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(OUTCOMES)('shows shapes of %s with a contrast of 3 or more', (outcome) => {
    expect(contrast(palette.outcomes[outcome], palette.paper)).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(EYES))('keeps outcomes apart for eyes with %s', (_eyes, eye) => {
    for (const [n, a] of OUTCOMES.entries())
      for (const b of OUTCOMES.slice(n + 1))
        expect(distance(palette.outcomes[a], palette.outcomes[b], eye), `${a} and ${b}`).toBeGreaterThan(15);
  });
});
