import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { ChartProps } from './chart-drawing';

const drawing = () => import('./chart-drawing');
const Drawing = lazy(drawing);

/** Fetches the code of charts ahead, by a page that is sure to show one. */
export function expectChart(): void {
  void drawing().catch(() => undefined); // the chart itself tries again
}

/** A chart, with its numbers as a table for those who do not see it. Its code is loaded when the first one is shown. */
export function Chart(props: ChartProps) {
  return (
    <figure aria-label={props.label} style={{ margin: 0 }}>
      <div aria-hidden>
        <Suspense fallback={<Skeleton h={props.height ?? 220} />}>
          <Drawing {...props} />
        </Suspense>
      </div>
      <div className="visually-hidden">
      <table>
        <caption>{props.label}</caption>
        <thead>
          <tr>
            <th scope="col">{props.axisLabel ?? 'Time'}</th>
            {props.series.map((s) => (
              <th scope="col" key={s.name}>{s.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.data.map((row, i) => (
            <tr key={i}>
              <th scope="row">{String(row[props.x])}</th>
              {props.series.map((s) => (
                <td key={s.name}>{props.format ? props.format(Number(row[s.name] ?? 0)) : String(row[s.name] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      </div>
    </figure>
  );
}
