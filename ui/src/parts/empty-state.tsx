import { Text, Title } from '@mantine/core';
import { IconInbox, type Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './states.module.css';

interface Props {
  icon?: Icon;
  title: string;
  /** What this place is for, and how the first thing gets here. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing here yet: says why, and what to do. */
export function EmptyState({ icon: Sign = IconInbox, title, children, action }: Props) {
  return (
    <div className={classes.empty}>
      <span className={classes.sign}>
        <Sign size={22} stroke={1.6} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      {children !== undefined && (
        <Text c="dimmed" size="sm" component="div" maw="30rem">
          {children}
        </Text>
      )}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}
