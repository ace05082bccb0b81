import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Tone } from './state-pill';
import { When } from './values';
import classes from './timeline.module.css';

export interface TimelineItem {
  key: string;
  at: string;
  title: ReactNode;
  detail?: ReactNode;
  tone?: Tone;
  icon?: ReactNode;
}

/** What happened, one thing below the other. */
export function Timeline({ label, items }: { label: string; items: readonly TimelineItem[] }) {
  return (
    <ol className={classes.list} aria-label={label}>
      {items.map((item) => (
        <li key={item.key} className={classes.item}>
          <span className={classes.dot} data-tone={item.tone ?? 'gray'} aria-hidden>
            {item.icon}
          </span>
          <div className={classes.body}>
            <div className={classes.head}>
              <span className={classes.title}>{item.title}</span>
              <Text span size="xs" c="dimmed">
                <When at={item.at} />
              </Text>
            </div>
            {item.detail !== undefined && item.detail !== null && (
              <Text size="sm" c="dimmed" component="div">
                {item.detail}
              </Text>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
