// The period that the figures are of: a switch, or two days.
import { Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import type { Query } from '@/api/client';
import { useFilters } from '@/parts';
import { useZone } from '@/shell/zone';
import { addDays, dayAfter, dayOf, dayStart, daysBetween } from './days';

export type Granularity = 'hour' | 'day' | 'week';

const choices = [
  { value: 'today', label: 'Today', days: 1 },
  { value: '7', label: '7 days', days: 7 },
  { value: '28', label: '28 days', days: 28 },
  { value: '90', label: '90 days', days: 90 },
  { value: '365', label: '12 months', days: 365 },
  { value: 'custom', label: 'Custom', days: 28 },
];

/** Steps that give a chart of a readable number of points. */
function steps(days: number): Granularity {
  return days <= 2 ? 'hour' : days <= 100 ? 'day' : 'week';
}

export function usePeriod() {
  const zone = useZone();
  const { values, set } = useFilters({ period: '28', from: '', to: '' });
  const today = dayOf(new Date(), zone);
  const custom = values.period === 'custom';
  const length = choices.find((c) => c.value === values.period)?.days ?? 28;
  const from = custom && values.from !== '' ? values.from : addDays(today, 1 - length);
  const to = custom && values.to !== '' ? values.to : today;
  const valid = from <= to && daysBetween(from, to) < 3000;
  const granularity = steps(daysBetween(from, to) + 1);
  const query = useMemo<Query>(
    () => ({ start: dayStart(from, zone), end: to >= today ? undefined : dayStart(dayAfter(to), zone), granularity }),
    [from, to, today, zone, granularity],
  );
  return { value: values.period, custom, from, to, today, valid, granularity, query, set };
}

export function PeriodSwitch({ period }: { period: ReturnType<typeof usePeriod> }) {
  const { value, custom, from, to, today, valid, set } = period;
  const change = (next: string) => set(next === 'custom' ? { period: next, from, to } : { period: next, from: '', to: '' });
  return (
    <Group gap="xs">
      {custom && (
        <Group gap="xs">
          <TextInput type="date" size="xs" aria-label="First day" max={to} value={from} onChange={(e) => set({ from: e.currentTarget.value })} error={!valid} />
          <Text size="sm" c="dimmed">
            to
          </Text>
          <TextInput type="date" size="xs" aria-label="Last day" min={from} max={today} value={to} onChange={(e) => set({ to: e.currentTarget.value })} error={!valid} />
        </Group>
      )}
      <SegmentedControl size="xs" aria-label="Period" value={value} onChange={change} data={choices} visibleFrom="sm" />
      <Select size="xs" aria-label="Period" data={choices} value={value} onChange={(v) => change(v ?? '28')} w={130} hiddenFrom="sm" />
    </Group>
  );
}
