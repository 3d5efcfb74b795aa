/** Names that a mistyped one may have meant. */

/** What one slip of the keyboard costs, in git's measure: letters left out are the likeliest, letters too many the least. */
const swapCost = 0;
const changeCost = 2;
const missingCost = 1;
const extraCost = 3;

/** A distance from which on names are too different to be suggested. */
const limit = 7;

/** Those of `names` that are nearest to `typed`, if near enough; all of them where several are equally near. */
export function similarNames(typed: string, names: readonly string[]): readonly string[] {
  const rated = names.map((name) => ({ name, distance: name.startsWith(typed) ? 0 : slips(typed, name) + 1 }));
  const best = Math.min(...rated.map(({ distance }) => distance));
  return best < limit ? rated.filter(({ distance }) => distance === best).map(({ name }) => name) : [];
}

/** The least cost of the slips that turn `meant` into `typed`. */
function slips(typed: string, meant: string): number {
  const costs: number[][] = Array.from({ length: typed.length + 1 }, () => []);
  for (let i = 0; i <= typed.length; i++) {
    for (let j = 0; j <= meant.length; j++) {
      const choices = i === 0 && j === 0 ? [0] : [];
      if (i > 0) choices.push(costs[i - 1]![j]! + extraCost);
      if (j > 0) choices.push(costs[i]![j - 1]! + missingCost);
      if (i > 0 && j > 0) choices.push(costs[i - 1]![j - 1]! + (typed[i - 1] === meant[j - 1] ? 0 : changeCost));
      if (i > 1 && j > 1 && typed[i - 1] === meant[j - 2] && typed[i - 2] === meant[j - 1]) {
        choices.push(costs[i - 2]![j - 2]! + swapCost);
      }
      costs[i]![j] = Math.min(...choices);
    }
  }
  return costs[typed.length]![meant.length]!;
}
