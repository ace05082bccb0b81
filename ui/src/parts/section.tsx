import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './section.module.css';

interface Props {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** The content goes to the card's edges (tables, lists). */
  flush?: boolean;
  children: ReactNode;
}

/** A titled card. */
export function Section({ title, lead, actions, flush, children }: Props) {
  return (
    <section className={`card ${classes.section}`} aria-label={title}>
      <Group justify="space-between" className={classes.head} gap="xs">
        <div>
          <Title order={2}>{title}</Title>
          {lead !== undefined && (
            <Text c="dimmed" size="sm" component="div" mt={2}>
              {lead}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
