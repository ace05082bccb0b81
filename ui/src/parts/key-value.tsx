import type { ReactNode } from 'react';
import classes from './key-value.module.css';

/** Names and values, one below the other. Empty values are left out. */
export function KeyValue({ items }: { items: readonly (readonly [string, ReactNode] | null | false)[] }) {
  return (
    <dl className={classes.list}>
      {items.map((item) =>
        item && item[1] !== null && item[1] !== false && item[1] !== undefined && item[1] !== '' ? (
          <div key={item[0]}>
            <dt>{item[0]}</dt>
            <dd>{item[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
