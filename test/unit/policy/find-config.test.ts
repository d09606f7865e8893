import { describe, expect, it } from 'vitest';
import { foreignOwner } from '../../../src/policy/find-config.ts';

describe('foreignOwner', () => {
  it.each([
    ['the superuser', [0], [0, 1000, 1000], null],
    ['the user', [1000], [0, 1000, 0], null],
    ['who has the directory, as in a container', [1001, 1001], [0, 0, 1001], null],
    ['somebody else, as in /tmp', [1002], [0, 1000, 0], 1002],
    ['somebody else by a link to a file of the user', [1002, 1000], [0, 1000, 0], 1002],
    ['nobody, where users have no numbers', [], [0, null], null],
  ])('of %s', (_who, owners, trusted, foreign) => {
    expect(foreignOwner(owners, trusted)).toBe(foreign);
  });
});
