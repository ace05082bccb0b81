// Loaded by parts/chart alone: the chart library is large.
import '@mantine/charts/styles.layer.css';
import { AreaChart, BarChart } from '@mantine/charts';

export interface ChartProps {
  label: string;
  kind?: 'area' | 'bar';
  data: Record<string, string | number | null>[];
  /** The field along the x axis. */
  x: string;
  axisLabel?: string;
  /** Colours are names of the theme: `pine.6`. `dashed` for the period before. */
  series: { name: string; label: string; color: string; dashed?: boolean }[];
  format?: (n: number) => string;
  height?: number;
}

export default function Drawing({ kind = 'area', data, x, series, format, height = 220 }: ChartProps) {
  const common = {
    h: height,
    data,
    dataKey: x,
    series: series.map((s) => ({ name: s.name, label: s.label, color: s.color, ...(s.dashed ? { strokeDasharray: '4 4' } : {}) })),
    withLegend: series.length > 1,
    legendProps: { verticalAlign: 'top' as const, height: 32 },
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    ...(format ? { valueFormatter: format } : {}),
  };
  if (kind === 'bar') return <BarChart {...common} barChartProps={{ accessibilityLayer: false }} />;
  return <AreaChart {...common} areaChartProps={{ accessibilityLayer: false }} curveType="monotone" withDots={false} strokeWidth={2} fillOpacity={0.16} yAxisProps={{ width: 64 }} xAxisProps={{ minTickGap: 28 }} />;
}
