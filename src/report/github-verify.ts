/** A verification for a step on GitHub: annotations, and the outputs of the step. */
import type { VerifyDocument } from '../verify.ts';
import { type Annotation, annotationLines, fileOf } from './github.ts';
import { damagedChecks, verifySummary } from './verify-findings.ts';

/** One annotation for each image that is damaged or cannot be read. */
export function verifyGithub(document: VerifyDocument): string {
  const damaged = damagedChecks(document);
  const annotations = document.images.flatMap((image): Annotation[] => {
    const file = fileOf(image.path);
    const error = document.errors.find((one) => one.image === image.path);
    if (image.verdict === 'unreadable') {
      const lines = error === undefined ? [] : [`${error.message} [${error.code}]`];
      return [{ kind: 'error', file, title: `${image.path} cannot be read as an image`, lines }];
    }
    if (image.verdict === 'intact') return [];
    const own = damaged.filter((one) => one.image === image);
    const lines = own.flatMap(({ sentence, lines: places }) => [sentence, ...places.map((place) => `  ${place}`)]);
    return [{ kind: 'error', file, title: `${image.path} is damaged`, lines }];
  });
  return annotationLines(annotations, `${document.verdict.toUpperCase()}  ${verifySummary(document)}`);
}

/** The outputs of a step, in this order; values have one line. */
export function verifyOutputs({ verdict, images }: VerifyDocument): readonly (readonly [name: string, value: string])[] {
  const count = (wanted: string): string => String(images.filter((image) => image.verdict === wanted).length);
  return [
    ['verdict', verdict],
    ['intact', count('intact')],
    ['damaged', count('damaged')],
    ['unreadable', count('unreadable')],
  ];
}
