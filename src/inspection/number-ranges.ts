/** Ascending numbers as the ranges that /proc shows: `0-3,8`. */
export function numberRanges(numbers: readonly number[]): string {
  const ranges: string[] = [];
  let first: number | undefined;
  for (const [index, number] of numbers.entries()) {
    first ??= number;
    if (numbers[index + 1] === number + 1) continue;
    ranges.push(first === number ? String(number) : `${first}-${number}`);
    first = undefined;
  }
  return ranges.join(',');
}
