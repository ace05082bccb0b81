import { Anchor, Group, Text, Title } from '@mantine/core';
import { IconChevronLeft } from '@tabler/icons-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from 'react-router';
import { usePageTitle } from '@/shell/title';
import { PageCallsButton } from './as-api-call';
import classes from './page-header.module.css';

interface Props {
  /** The page's only h1, and the title of its tab. */
  title: string;
  /** The title as it stands in the page, when it is more than text. */
  heading?: ReactNode;
  /** A StatePill beside the title. */
  state?: ReactNode;
  /** One line that says what the page is for, or what the object is. */
  lead?: ReactNode;
  back?: { to: string; label: string };
  actions?: ReactNode;
  /** Pages of the member alone have no calls by token. */
  withoutCalls?: boolean;
}

/** The head of every page. After a navigation the focus is on its title. */
export function PageHeader({ title, heading, state, lead, back, actions, withoutCalls }: Props) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const moved = usePageTitle(title);
  useEffect(() => {
    if (moved) h1.current?.focus({ preventScroll: true });
  }, [moved]);
  return (
    <header className={classes.header}>
      {back && (
        <Anchor component={Link} to={back.to} size="sm" underline="hover" className={classes.back}>
          <IconChevronLeft size={16} aria-hidden /> {back.label}
        </Anchor>
      )}
      <div className={classes.row}>
        <div className={classes.title}>
          <Group gap="sm">
            <Title order={1} ref={h1} tabIndex={-1}>
              {heading ?? title}
            </Title>
            {state}
          </Group>
          {lead !== undefined && (
            <Text c="dimmed" size="sm" component="div" className={classes.lead}>
              {lead}
            </Text>
          )}
        </div>
        <Group gap="xs" className={classes.actions}>
          {withoutCalls !== true && (
            <span className={classes.calls}>
              <PageCallsButton />
            </span>
          )}
          {actions}
        </Group>
      </div>
    </header>
  );
}
