import { describe, expect, it } from 'vitest';
import { memberTexts } from '../../../src/oci/spec-texts.ts';

describe('the members of a JSON object', () => {
  it.each([
    ['{}', []],
    [
      '  { "b" : {"x": [1, {"y":"}"}]} , "a":"te\\"xt,}" }  ',
      [
        ['a', '"te\\"xt,}"'],
        ['b', '{"x": [1, {"y":"}"}]}'],
      ],
    ],
    [
      '{"n":12345678901234567890,"f":1.50}',
      [
        ['f', '1.50'],
        ['n', '12345678901234567890'],
      ],
    ],
    ['{"a\\u0062":null}', [['ab', 'null']]],
    ['{"x":1,"x": [ 2 ]}', [['x', '[ 2 ]']]],
    ['{"\\\\":{}}', [['\\', '{}']]],
  ])('are as they were written: %s', (json, expected) => {
    expect(memberTexts(json).map(({ name, text }) => [name, text])).toEqual(expected);
  });

  it.each(['', '[]', 'null', '{', '"x"', '{"a":1}x'])('are those of an object only: %j', (json) => {
    expect(() => memberTexts(json)).toThrow();
  });
});
