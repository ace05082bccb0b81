// Loaded by parts/chart alone, when the first chart is shown.
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState, type CSSProperties } from 'react';
import Plot, { type AlignedData, type Options, type Series } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import classes from './chart.module.css';

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

/** Where the pointer is: the row, and the place in pixels from the left. */
interface Pointed {
  row: number;
  left: number;
  /** The width of the whole chart, in pixels. */
  of: number;
}

const font = '12px ui-sans-serif, system-ui, sans-serif';
const css = (of: Element, name: string): string => getComputedStyle(of).getPropertyValue(name).trim();
const variable = (color: string): string => `--mantine-color-${color.replace('.', '-')}`;

export default function Drawing({ kind = 'area', data, x, series, format = String, height = 220 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const at = box.current;
    if (at === null) return;
    const rows: AlignedData = [data.map((_, i) => i), ...series.map((s) => data.map((row) => (row[s.name] ?? null) as number | null))];
    const shown = { kind, series, format, height, at, name: (i: number) => String(data[i]?.[x] ?? ''), point: setPointed };
    const plot = new Plot(options(shown, data.length), rows, at);
    const watch = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height }));
    watch.observe(at);
    return () => {
      watch.disconnect();
      plot.destroy();
      setPointed(null);
    };
  }, [kind, data, x, series, format, height, scheme]);
  const row = pointed && data[pointed.row];
  return (
    <div className={classes.chart}>
      {series.length > 1 && (
        <ul className={classes.legend}>
          {series.map((s) => (
            <li key={s.name}>
              <Swatch color={s.color} />
              {s.label}
            </li>
          ))}
        </ul>
      )}
      <div ref={box} style={{ height }} />
      {pointed && row && (
        <div className={classes.tip} style={beside(pointed)}>
          <strong>{String(row[x])}</strong>
          {series.map((s) => (
            <span key={s.name}>
              <Swatch color={s.color} />
              {s.label}
              <b>{row[s.name] === null ? 'none' : format(Number(row[s.name]))}</b>
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

/** Beside the pointer, on the side with more room, and never outside. */
function beside({ left, of }: Pointed): CSSProperties {
  const most = Math.max(0, of - 244);
  return left > of / 2 ? { right: Math.min(of - left + 12, most) } : { left: Math.min(left + 12, most) };
}

function Swatch({ color }: { color: string }) {
  return <i className={classes.swatch} style={{ background: `var(${variable(color)})` }} />;
}

interface Shown extends Required<Pick<ChartProps, 'kind' | 'series' | 'format' | 'height'>> {
  at: HTMLElement;
  name: (row: number) => string;
  point: (to: Pointed | null) => void;
}

function options({ kind, series, format, height, at, name, point }: Shown, rows: number): Options {
  const bars = kind === 'bar';
  const label = css(at, '--mantine-color-dimmed');
  const line = css(at, '--line');
  const axis = { stroke: label, font, ticks: { show: false } };
  return {
    width: at.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
    scales: {
      x: { time: false, range: () => (bars ? [-0.5, rows - 0.5] : [0, Math.max(1, rows - 1)]) },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    series: [{}, ...series.map((s, i) => drawn(s, i, series.length, bars, css(at, variable(s.color))))],
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: 64, incrs: [1, 2, 7, 14, 28, 56], values: (_, at) => at.map((i) => (Number.isInteger(i) ? name(i) : '')) },
      {
        ...axis,
        grid: { stroke: line, width: 1 },
        space: 44,
        incrs: [1, 2, 5].flatMap((n) => [...Array(12).keys()].map((power) => n * 10 ** power)).sort((a, b) => a - b),
        values: (_, at) => at.map(format),
        size: (plot, values) => {
          plot.ctx.font = plot.axes[1]?.font?.[0] ?? font;
          const widest = Math.max(0, ...(values ?? []).map((v) => plot.ctx.measureText(v).width));
          return Math.ceil(widest / devicePixelRatio) + 16;
        },
      },
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx, left = -1 }, over, width }) => {
          point(idx === null || idx === undefined || left < 0 ? null : { row: idx, left: left + over.offsetLeft, of: width });
        },
      ],
    },
  };
}

function drawn(s: ChartProps['series'][number], i: number, of: number, bars: boolean, color: string): Series {
  if (bars) {
    // Side by side around the middle of their place.
    const paths = Plot.paths.bars?.({ size: [0.7 / of, 36], align: of === 1 ? 0 : i === 0 ? -1 : 1, radius: 0.12 });
    return { fill: color, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
  }
  const paths = Plot.paths.spline?.();
  const look = s.dashed ? { dash: [4, 4], fill: `${color}1f` } : { fill: `${color}33` };
  return { stroke: color, width: 2, points: { show: false }, ...look, ...(paths ? { paths } : {}) };
}
