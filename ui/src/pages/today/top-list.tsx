import { Anchor, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Section } from '@/parts';
import classes from './today.module.css';

interface Row {
  id: string;
  name: string;
  href: string;
  /** Longer bars for larger ones. */
  weight: number;
  value: string;
  aside?: ReactNode;
}

export function TopList({ title, rows, empty }: { title: string; rows: readonly Row[] | undefined; empty: string }) {
  const most = Math.max(1, ...(rows ?? []).map((r) => r.weight));
  return (
    <Section title={title}>
      {rows === undefined ? (
        [70, 55, 40].map((w) => <Skeleton key={w} h={14} mb="md" w={`${w}%`} />)
      ) : rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <ol className={classes.top}>
          {rows.map((r) => (
            <li key={r.id}>
              <div className={classes.topHead}>
                {r.name === '' ? (
                  <Text size="sm" c="dimmed" className={classes.topName}>
                    No longer there
                  </Text>
                ) : (
                  <Anchor component={Link} to={r.href} size="sm" className={classes.topName!} c="var(--mantine-color-text)">
                    {r.name}
                  </Anchor>
                )}
                <Text size="sm" span className={classes.topValue!}>
                  {r.value}
                  {r.aside !== undefined && (
                    <Text span inherit c="dimmed">
                      {' · '}
                      {r.aside}
                    </Text>
                  )}
                </Text>
              </div>
              <div className={classes.track} aria-hidden>
                <div style={{ width: `${(r.weight / most) * 100}%` }} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
