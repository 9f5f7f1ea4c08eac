/**
 * Makes a list by small whole numbers so long that it reaches `at`. V8 makes a hash table, for good, of an array with a hole of more than a
 * thousand: who is asked first may have any number, so the list is filled up to it.
 */
export function reach<T>(list: T[], at: number, filler: T): void {
  while (list.length <= at) list.push(filler);
}
