import { Button, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useRouteError } from 'react-router';
import { ErrorPanel } from '@/parts/error-panel';
import { ApiError, send } from '@/api/client';
import classes from './outside.module.css';

interface Props {
  /** The navigation still stands around it. */
  inside?: boolean;
}

/** A page that fell over, or whose code did not come: after an update it is not on the server any more, or the server does not answer. */
export function Broken({ inside }: Props) {
  const error = useRouteError();
  const uncome = error instanceof Error && /\bimport|module|preload\b/i.test(error.message);
  const [reached, setReached] = useState<boolean | null>(uncome ? null : true);
  useEffect(() => {
    if (!uncome) return;
    const look = () => void send({ method: 'GET', path: '/admin/session' }, { quiet: true }).then(
      () => setReached(true),
      (e: unknown) => setReached(e instanceof ApiError && e.status !== 0),
    );
    const again = () => window.location.reload();
    look();
    window.addEventListener('online', again);
    return () => window.removeEventListener('online', again);
  }, [uncome, error]);
  if (reached === null) return null;
  const panel = (
    <div className={classes.card}>
      <Title order={1} mb="xs">
        {uncome ? 'Purvey was updated' : 'This page fell over'}
      </Title>
      <Text c="dimmed" mb="lg">
        {uncome ? 'Load it again to go on with the new version.' : 'Nothing was changed by it. Load it again; if it falls over again, the words below help whoever mends it.'}
      </Text>
      {!uncome && error instanceof Error && (
        <Text className="mono" size="sm" mb="lg">
          {error.message}
        </Text>
      )}
      <Button onClick={() => window.location.reload()}>Load again</Button>
    </div>
  );
  const content = reached ? panel : (
    <div className={inside === true ? 'card' : classes.card}>
      <ErrorPanel error={new ApiError(0, 'unreachable', 'The server does not answer. Is it running, and is this computer online?')} retry={() => window.location.reload()} />
    </div>
  );
  if (inside === true) return content;
  return <main className={classes.outside}>{content}</main>;
}
