/** Quantities as Kubernetes writes them: `4`, `3920m`, `0.5`, `1e3`, `2Ki`. Source: k8s.io/apimachinery pkg/api/resource. */

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const FORM = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/;

/** Null where the text is no quantity. */
export function quantityOf(text: string): number | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, digits = '', exponent, suffix = ''] = match;
  return exponent === undefined ? Number(digits) * SUFFIXES[suffix]! : Number(`${digits}e${exponent}`);
}

/** In thousandths of a core; null where nothing is said, or nonsense. */
export function cpuOf(quantity: string | number | undefined): number | null {
  if (quantity === undefined) return null;
  const cores = quantityOf(String(quantity));
  // 0.1 of a core is 100 thousandths, not a little more.
  return cores === null ? null : Number((cores * 1000).toFixed(6));
}
