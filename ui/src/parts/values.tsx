// Amounts, times and sizes, written alike everywhere.
import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useZone } from '@/shell/zone';
import { Hint } from './hint';

/** Digits behind the point that a currency has. */
function digits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** Cents as text: 1250 USD -> $12.50, 1250 JPY -> ¥1,250. */
export function money(cents: number, currency: string): string {
  const amount = cents / 10 ** digits(currency);
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(amount);
  } catch {
    return `${amount.toFixed(2)} ${currency}`;
  }
}

/** What a person typed ("12.5") as cents; null when it is no amount. */
export function cents(text: string | number, currency: string): number | null {
  const amount = typeof text === 'number' ? text : Number(text.trim().replace(',', '.'));
  if (!Number.isFinite(amount) || amount < 0) return null;
  return Math.round(amount * 10 ** digits(currency));
}

/** An amount as it is typed: 1250 USD -> 12.50, 1250 JPY -> 1250. */
export function amount(cents: number, currency: string): string {
  return (cents / 10 ** digits(currency)).toFixed(digits(currency));
}

export function Money({ cents, currency }: { cents: number; currency: string }) {
  return (
    <span>
      {money(cents, currency)} <span className="visually-hidden">{currency}</span>
    </span>
  );
}

const sizes = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as text: 12400000 -> 12.4 MB. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} ${n === 1 ? 'byte' : 'bytes'}`;
  const step = Math.min(sizes.length - 1, Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** step;
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${sizes[step]}`;
}

export function Bytes({ value }: { value: number }) {
  if (value < 1000) return <span>{bytes(value)}</span>;
  return <Hint label={`${count(value)} bytes`}>{bytes(value)}</Hint>;
}

/** A whole number with separators. */
export function count(n: number): string {
  return new Intl.NumberFormat('en').format(n);
}

/** "1 order", "3 orders". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3600], ['minute', 60],
];

/** "3 hours ago", "in 2 days", "just now". */
export function relative(at: string | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 5 ? 'in a moment' : 'just now';
}

/** The instant in the shop's zone: "15 May 2026, 14:30:05 CEST". */
export function exact(at: string | Date, zone: string, seconds = true): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}), timeZone: zone, timeZoneName: 'short',
  }).format(new Date(at));
}

/** The day in the shop's zone: "15 May 2026". */
export function day(at: string | Date, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone }).format(new Date(at));
}

/** The day in the shop's zone, with the year where it is another: "15 May", "15 May 2024". */
export function shortDay(at: string | Date, zone: string): string {
  const year = (of: string | Date | number) => new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: zone }).format(new Date(of));
  if (year(at) !== year(Date.now())) return day(at, zone);
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: zone }).format(new Date(at));
}

interface WhenProps {
  at: string | null | undefined;
  /** What stands there without a time. */
  none?: string;
  /** `both` writes the exact time beside the relative one. */
  show?: 'relative' | 'exact' | 'both';
}

const week = 7 * 86_400_000;

/** A time, relative to now, and as a day beyond a week; pointing at it shows it exactly, in the shop's zone. */
export function When({ at, none = 'never', show = 'relative' }: WhenProps) {
  const zone = useZone();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <Text span inherit c="dimmed">{none}</Text>;
  const time = (text: string) => <time dateTime={at}>{text}</time>;
  const far = Math.abs(Date.now() - Date.parse(at)) > week;
  if (show === 'exact') return time(exact(at, zone));
  if (show === 'both') {
    return (
      <span>
        {time(exact(at, zone))} <Text span inherit c="dimmed">({relative(at)})</Text>
      </span>
    );
  }
  return (
    <Hint label={exact(at, zone)}>
      {time(far ? shortDay(at, zone) : relative(at))}
    </Hint>
  );
}
