import { Text } from '@mantine/core';
import type { MoneyAmount } from '@/api/types/common';
import { Money } from '@/parts';

/** Amounts in each currency, the largest first. */
export function Spent({ amounts }: { amounts: readonly MoneyAmount[] }) {
  if (amounts.length === 0) return <Text span inherit c="dimmed">nothing</Text>;
  return (
    <>
      {amounts.map((a, i) => (
        <span key={a.currency}>
          {i > 0 && ' + '}
          <Money cents={a.cents} currency={a.currency} />
        </span>
      ))}
    </>
  );
}
