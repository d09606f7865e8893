/** A plan as a table for programs that read lines. */
import type { PlanDocument } from '../fleet/plan-document.ts';
import { escapeAll } from './escape.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';

/** One line for each image and class of hosts, whatever its length; without images one for each class. */
export function renderPlanTable(given: PlanDocument, options: TextOptions): string {
  const document = escapeAll(given);
  const { cells, rows } = document.images?.matrix == null ? classRows(document) : pairRows(document);
  const head = { cells, paint: styleFor(options).faint };
  return `${table(rows, { indent: 0, width: Number.POSITIVE_INFINITY, head }).join('\n')}\n`;
}

interface Rows {
  readonly cells: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function classRows({ classes, newImages }: PlanDocument): Rows {
  const take = new Set(newImages.take.map(({ on }) => on));
  return {
    cells: ['CLASS', 'HOSTS', 'ARCH', 'FEATURES', 'EVIDENCE', 'TAKE', 'CPU', 'NAMES'],
    rows: classes.map((one) => [
      one.id,
      String(one.hosts),
      one.arch,
      String(one.features),
      one.evidence,
      take.has(one.id) ? 'yes' : 'no',
      one.cpu ?? '-',
      one.names.join(' '),
    ]),
  };
}

function pairRows({ images, classes }: PlanDocument): Rows {
  const hosts = new Map(classes.map(({ id, hosts: count }) => [id, String(count)]));
  const place = new Map(classes.map(({ id }, index) => [id, index]));
  const rows: string[][] = [];
  for (const row of images?.matrix ?? []) {
    const group = images?.groups.find(({ id }) => id === row.image);
    const pairs = [
      ...row.restorable.map((id) => ({ id, verdict: 'RESTORABLE', why: '' })),
      ...row.blocked.flatMap(({ classes: ids, firstFailure, missing }) =>
        ids.map((id) => ({ id, verdict: 'BLOCKED', why: [firstFailure ?? '', ...missing].join(' ').trim() })),
      ),
      ...row.unknown.flatMap(({ classes: ids, gates, features }) =>
        ids.map((id) => ({ id, verdict: 'UNKNOWN', why: [...gates, ...features].join(' ') })),
      ),
    ];
    pairs.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
    for (const path of group?.paths ?? [])
      for (const { id, verdict, why } of pairs) rows.push([verdict, path, id, hosts.get(id) ?? '', why]);
  }
  return { cells: ['VERDICT', 'IMAGE', 'CLASS', 'HOSTS', 'WHY'], rows };
}
