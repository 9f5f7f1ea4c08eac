/** FNV-1a, 32 bits: a name's place in the random numbers. By it someone keeps their dice when others are added. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < name.length; n++) hash = Math.imul(hash ^ name.charCodeAt(n), 0x01000193);
  return hash;
}
