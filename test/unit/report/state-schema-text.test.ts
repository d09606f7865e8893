import { describe, expect, it } from 'vitest';
import { renderStateSchemaText } from '../../../src/report/state-schema-text.ts';
import type { StateSchemaDocument } from '../../../src/state-schema-document.ts';

const DOCUMENT: StateSchemaDocument = {
  schema: 'ckpt/state-schema@1',
  tool: { name: 'ckpt', version: '0' },
  image: { path: 'a.state', runscVersion: null, arch: 'amd64', hmac: 'absent', keyVerified: false },
  types: { declared: 3, used: 3, unknown: [] },
  writtenBy: { exact: true, releases: [{ first: 'release-1', last: 'release-2' }], equal: 3, differing: [] },
  loadableBy: [
    { first: 'release-1', last: 'release-2' },
    { first: 'release-5', last: 'release-5' },
  ],
  version: { value: null, agrees: null, differing: [] },
  against: null,
};
const TYPE = { name: 'pkg/a.A', used: true, missing: false, onlyInImage: ['x'], onlyInRelease: ['y', 'z'] };

const text = (more: Partial<StateSchemaDocument>): string =>
  renderStateSchemaText({ ...DOCUMENT, ...more }, { color: false, width: 100 });

describe('state schema for people', () => {
  it('says who could have written and who could load', () => {
    expect(text({})).toBe(
      [
        'Image        a.state (amd64, names no runsc)',
        'Types        3 types, all in use',
        'Written by   release-1 to release-2',
        'Loadable by  release-1 to release-2, release-5',
        'Version      none named',
        '',
      ].join('\n'),
    );
  });

  it('shows the nearest releases, and that nobody could load it', () => {
    const nearest = { exact: false, releases: [{ first: 'release-1', last: 'release-1' }], equal: 2, differing: [TYPE] };
    const shown = text({ writtenBy: nearest, loadableBy: [], types: { declared: 3, used: 2, unknown: ['pkg/my.Own'] } });
    expect(shown).toContain('Types        3 types, 2 in use; no release knows pkg/my.Own\n');
    expect(shown).toContain('no release exactly; nearest release-1 (2 of 3 types equal)');
    expect(shown).toContain('Loadable by  no release that is known');
    expect(shown).toContain('Where the nearest release differs\n  pkg/a.A  in the image only: x\n           there only: y, z\n');
  });

  it('shows a version that is not true', () => {
    const value = 'release-9';
    expect(text({ version: { value, agrees: false, differing: [TYPE] } })).toContain(
      'release-9 does not fit: 1 type is of other code',
    );
    expect(text({ version: { value, agrees: true, differing: [] } })).toContain('release-9 fits the types');
  });

  it('compares with one version, and gives what runsc prints on one line', () => {
    const runscError = `error ${'x '.repeat(200)}end`;
    const shown = text({
      against: {
        release: '20240424',
        releases: ['release-1', 'release-2'],
        loads: false,
        differing: [{ ...TYPE, used: false, missing: true }],
        undecided: [{ name: 'pkg/a.B', why: 'changed-between' }],
        firstMet: { object: 58, type: 'pkg/a.A' },
        runscError,
      },
    });
    expect(shown).toContain(
      '20240424 (between release-1 and release-2): does not load the image\n  stops at object 58, pkg/a.A\n',
    );
    expect(shown).toContain('  pkg/a.A (not in use)  does not exist there\n');
    expect(shown).toContain('pkg/a.B: it changed between the releases on both sides');
    expect(shown).toContain(`\nrunsc prints: ${runscError}\n`);
  });

  it('escapes what the image says', () => {
    const shown = text({
      types: { declared: 1, used: 1, unknown: ['pkg/\u001b[2J.X'] },
      version: { value: '\u202e', agrees: null, differing: [] },
    });
    for (const unsafe of ['\u001b', '\u202e']) expect(shown).not.toContain(unsafe);
  });
});
