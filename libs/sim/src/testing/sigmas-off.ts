/**
 * How far a count of independent draws is from what its share promises, in standard deviations: below 4 all but one time in
 * 16,000, and, as a seed fixes the draws, each time from then on.
 */
export function sigmasOff(count: number, of: number, share: number): number {
  return Math.abs(count - of * share) / Math.sqrt(of * share * (1 - share));
}
