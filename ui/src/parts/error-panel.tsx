import { Button, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCompass, IconLock } from '@tabler/icons-react';
import { ApiError, wordsOf } from '@/api/client';
import classes from './states.module.css';

/** What stands in place of content that did not come. */
export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const status = error instanceof ApiError ? error.status : -1;
  const Sign = status === 403 ? IconLock : status === 404 ? IconCompass : IconAlertTriangle;
  const title = status === 403 ? 'Not for your role' : status === 404 ? 'Not here' : status === 0 ? 'No answer' : 'That did not work';
  const words =
    status === 403 ? 'Ask an owner or an admin of this shop to do it, or to change your role.'
    : status === 404 ? 'It does not exist in this shop and mode, or is gone. Look whether the other mode, live or sandbox, is meant.'
    : wordsOf(error);
  return (
    <div className={classes.empty} role="alert">
      <span className={classes.sign} data-tone={status === 403 || status === 404 ? undefined : 'red'}>
        <Sign size={22} stroke={1.6} aria-hidden />
      </span>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" size="sm" maw="30rem">
        {words}
      </Text>
      {retry !== undefined && status !== 403 && status !== 404 && (
        <div className={classes.action}>
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}
