import { Skeleton, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import type { Overview } from '@/api/types/overview';
import { Chart, count, money } from '@/parts';
import { useZone } from '@/shell/zone';
import type { Granularity } from './period';

export type Measure = 'revenue' | 'orders' | 'downloads';

const fields = { revenue: 'revenue_cents', orders: 'orders', downloads: 'downloads' } as const;
const labels: Readonly<Record<Measure, string>> = { revenue: 'Revenue', orders: 'Orders', downloads: 'Downloads' };

const series = [
  { name: 'now', label: 'This period', color: 'pine.6' },
  { name: 'before', label: 'The period before', color: 'gray.5', dashed: true },
];

interface Props {
  overview: Overview | undefined;
  measure: Measure;
  granularity: Granularity;
  currency: string;
}

/** The period's line over that of the period before. */
export function FiguresChart({ overview, measure, granularity, currency }: Props) {
  const zone = useZone();
  const rows = useMemo(() => {
    if (!overview) return [];
    const form = new Intl.DateTimeFormat('en-GB', granularity === 'hour' ? { hour: '2-digit', minute: '2-digit', timeZone: zone } : { day: 'numeric', month: 'short', timeZone: zone });
    const field = fields[measure];
    return overview.series.map((point, i) => ({
      at: `${granularity === 'week' ? 'from ' : ''}${form.format(new Date(point.at))}`,
      now: point[field],
      before: overview.previous_series[i]?.[field] ?? null,
    }));
  }, [overview, measure, granularity, zone]);
  const format = useCallback((n: number) => (measure === 'revenue' ? money(n, currency) : count(n)), [measure, currency]);
  if (!overview) return <Skeleton h={240} />;
  if (!rows.some((r) => r.now > 0 || (r.before ?? 0) > 0)) {
    return (
      <Text size="sm" c="dimmed" py="xl" ta="center">
        Nothing in this period, nor in the one before.
      </Text>
    );
  }
  return (
    <Chart
      label={`${labels[measure]} by ${granularity}`}
      kind={rows.length <= 14 ? 'bar' : 'area'}
      data={rows}
      x="at"
      height={240}
      series={series}
      format={format}
    />
  );
}
