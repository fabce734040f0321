// Tells names that are none, and which one was probably meant: a misspelt option must not count as one that was left out.

/** Names of a type's members, complete or it does not compile: `namesOf<Options>()({ a: true, b: true })`. */
export const namesOf =
  <T>() =>
  (names: Record<keyof T & string, true>): readonly string[] =>
    Object.keys(names);

export interface UnknownName {
  readonly name: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

export function unknownNames(given: object, known: readonly string[]): UnknownName[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      return { name, remedy: meant === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean ${meant}?` };
    });
}

/** Letters that may differ for a name to count as a slip of another. */
const SLIP_MAX = 2;

/** The one of `known` that `name` is a slip of; undefined when it is like none. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  return distances.toSorted((a, b) => a.distance - b.distance).find(({ distance: letters }) => letters <= SLIP_MAX)?.candidate;
}

/** Edits between two words [Levenshtein]. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
