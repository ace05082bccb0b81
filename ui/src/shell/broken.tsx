import { Button, Text, Title } from '@mantine/core';
import { useRouteError } from 'react-router';
import classes from './outside.module.css';

/** A page that fell over, or whose code is not on the server any more after an update. */
export function Broken() {
  const error = useRouteError();
  const old = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <main className={classes.outside}>
      <div className={classes.card}>
        <Title order={1} mb="xs">
          {old ? 'Purvey was updated' : 'This page fell over'}
        </Title>
        <Text c="dimmed" mb="lg">
          {old ? 'Load it again to go on with the new version.' : 'Nothing was changed by it. Load it again; if it falls over again, the words below help whoever mends it.'}
        </Text>
        {!old && error instanceof Error && (
          <Text className="mono" size="sm" mb="lg">
            {error.message}
          </Text>
        )}
        <Button onClick={() => window.location.reload()}>Load again</Button>
      </div>
    </main>
  );
}
