/** Where an annotation stands in a document, and whether runsc would see it there. */

import { closestName } from '../closest-name.ts';
import { type DocumentPath, isObject, type TextDocument } from '../documents/text-document.ts';
import { CkptError } from '../errors.ts';
import { ANNOTATION } from './annotation.ts';

/** What a document is. */
export type LintedKind = 'oci' | 'kubernetes' | 'other';

/** One mention of the annotation, or of something like it. */
export interface AnnotationPlace {
  /** `read`: runsc sees it; `unread`: the right key in the wrong place; `misspelt`: another key in a place of annotations. */
  readonly kind: 'read' | 'unread' | 'misspelt';
  readonly key: string;
  readonly path: DocumentPath;
  /** What stands there; for a mention in a list of environment variables, that text. */
  readonly value: unknown;
}

/** Kinds of Kubernetes whose Pods are made from a template, with the way to the template's object. @see Kubernetes API reference, workloads */
const TEMPLATES: ReadonlyMap<string, DocumentPath> = new Map<string, DocumentPath>([
  ['Pod', []],
  ['PodTemplate', ['template']],
  ['Deployment', ['spec', 'template']],
  ['ReplicaSet', ['spec', 'template']],
  ['ReplicationController', ['spec', 'template']],
  ['StatefulSet', ['spec', 'template']],
  ['DaemonSet', ['spec', 'template']],
  ['Job', ['spec', 'template']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
]);

/** Edits by which a key may differ and still be meant. */
const NEAR = 4;

/** What a document is, by its own words. */
export function kindOf({ value }: TextDocument): LintedKind {
  if (!isObject(value)) return 'other';
  if (typeof value['kind'] === 'string' && typeof value['apiVersion'] === 'string') return 'kubernetes';
  return 'ociVersion' in value || 'annotations' in value || 'process' in value ? 'oci' : 'other';
}

/**
 * Every mention of the annotation in a document, in the order of the text.
 *
 * @param most values that a document may hold
 * @throws CkptError `over-limit`
 */
export function annotationPlaces(document: TextDocument, most: number): AnnotationPlace[] {
  const places: AnnotationPlace[] = [];
  const right = rightPlaces(document.value);
  const open: { readonly value: unknown; readonly path: DocumentPath }[] = [{ value: document.value, path: [] }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (++seen > most)
      throw new CkptError('over-limit', { layer: 'spec' }, { expected: `a document of at most ${most} values`, found: 'more' });
    const { value, path } = next;
    if (typeof value === 'string') {
      if (value === ANNOTATION || value.startsWith(`${ANNOTATION}=`))
        places.push({ kind: 'unread', key: ANNOTATION, path, value });
    } else if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index--) open.push({ value: value[index], path: [...path, index] });
    } else if (isObject(value)) {
      const isRight = right.has(pathKey(path));
      for (const [key, inside] of Object.entries(value).reverse()) {
        const own = [...path, key];
        if (key === ANNOTATION) places.push({ kind: isRight ? 'read' : 'unread', key, path: own, value: inside });
        else if (isMisspelt(key)) places.push({ kind: 'misspelt', key, path: own, value: inside });
        else open.push({ value: inside, path: own });
      }
    }
  }
  return places;
}

/** The paths of the objects whose keys are annotations of a sandbox. */
function rightPlaces(value: unknown): ReadonlySet<string> {
  const places = new Set<string>();
  if (!isObject(value)) return places;
  if (typeof value['kind'] === 'string' && typeof value['apiVersion'] === 'string') {
    const items = value['items'];
    if (value['kind'].endsWith('List') && Array.isArray(items)) {
      for (const [index, item] of items.entries()) {
        const kind = isObject(item) && typeof item['kind'] === 'string' ? item['kind'] : value['kind'].slice(0, -'List'.length);
        add(kind, ['items', index]);
      }
    } else add(value['kind'], []);
    return places;
  }
  // Go takes the names of fields in any case.
  for (const key of Object.keys(value)) if (key.toLowerCase() === 'annotations') places.add(pathKey([key]));
  return places;

  function add(kind: string, path: DocumentPath): void {
    const template = TEMPLATES.get(kind);
    if (template !== undefined) places.add(pathKey([...path, ...template, 'metadata', 'annotations']));
  }
}

function isMisspelt(key: string): boolean {
  const plain = key.trim().toLowerCase();
  if (plain === ANNOTATION) return true;
  if (/gvisor.*cpu[-_.]?feature/.test(plain)) return true;
  return key.length <= ANNOTATION.length + NEAR && plain.startsWith('dev.') && closestName(plain, [ANNOTATION], NEAR) !== null;
}

function pathKey(path: DocumentPath): string {
  return JSON.stringify(path);
}
