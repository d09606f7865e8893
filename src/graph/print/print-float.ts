/** Floating-point numbers as Go prints them. */

/**
 * Go's `%v`: the shortest digits that give the number back, with an exponent below 1e-4 and from 1e6 on.
 *
 * @param bits 32 or 64, of the type that was saved
 * @see Go fmt: fmtFloat; strconv: FormatFloat with 'g' and precision -1
 */
export function floatText(value: number, bits: 32 | 64): string {
  if (!Number.isFinite(value)) return infinite(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const { digits, exponent } = bits === 64 ? shortest64(Math.abs(value)) : shortest32(Math.abs(value));
  return sign + layOut(digits, exponent);
}

/**
 * Go's `%f`: six decimals of the exact value, halves to the even digit.
 *
 * @see Go strconv: FormatFloat with 'f' and precision 6
 */
export function fixedText(value: number): string {
  if (!Number.isFinite(value)) return infinite(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size >= 1e21) return `${sign}${BigInt(size)}.000000`;
  // Halves of the sixth decimal that are exact in binary are odd multiples of 1/128; toFixed takes the larger neighbour.
  const half = Number.isInteger(size * 128) && (size * 128) % 2 === 1;
  const text = size.toFixed(6);
  return sign + (half && Number(text.at(-1)) % 2 === 1 ? `${text.slice(0, -1)}${Number(text.at(-1)) - 1}` : text);
}

function infinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** A number as `0.digits * 10^exponent`, without zeros at the end. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/** JavaScript prints the shortest digits too, the nearest of them. */
function shortest64(value: number): Decimal {
  return decimal(value.toExponential());
}

function shortest32(value: number): Decimal {
  for (let precision = 0; precision < 9; precision++) {
    const nearest = value.toExponential(precision);
    const [mantissa = '', exponent = ''] = nearest.split('e');
    const digits = Number(mantissa.replace('.', ''));
    // Of two that are equally near JavaScript takes the larger, Go the even one.
    const half = digits % 2 === 1 && isHalf(value, precision);
    // Below a power of two the numbers lie closer together, so that the next digit may do where the nearest does not.
    for (const candidate of half ? [digits - 1, digits] : [digits, digits + 1, digits - 1]) {
      const text = `${candidate}e${Number(exponent) - precision}`;
      if (Math.fround(Number(text)) === value) return decimal(Number(text).toExponential());
    }
  }
  return decimal(value.toExponential());
}

/** More digits than a number of 32 bits has behind a half. */
const ALL_DIGITS = 100;

/** Whether what follows that many digits behind the point is a half exactly. */
function isHalf(value: number, precision: number): boolean {
  const [mantissa = ''] = value.toExponential(ALL_DIGITS).split('e');
  return /^50*$/.test(mantissa.slice(precision + 2));
}

function decimal(text: string): Decimal {
  const [mantissa = '', exponent = ''] = text.split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  return { digits, exponent: digits === '' ? 0 : Number(exponent) + 1 };
}

const LEAST_EXPONENT = -4;
const EXPONENT_FROM = 6;

function layOut(digits: string, exponent: number): string {
  if (digits === '') return '0';
  const power = exponent - 1;
  if (power < LEAST_EXPONENT || power >= EXPONENT_FROM) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  if (exponent <= 0) return `0.${'0'.repeat(-exponent)}${digits}`;
  if (digits.length <= exponent) return digits.padEnd(exponent, '0');
  return `${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}
