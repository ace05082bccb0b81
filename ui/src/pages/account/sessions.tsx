// Where the member is signed in, and how to end that.
import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useRead, useWrite } from '@/api/hooks';
import type { OpenSession } from '@/api/types/session';
import { ErrorPanel, Section, StatePill, When } from '@/parts';
import classes from './account.module.css';

export function Sessions() {
  const { data, isPending, error, refetch } = useRead<OpenSession[]>('/admin/sessions');
  const end = useWrite<string>((id) => ({ method: 'DELETE', path: `/admin/sessions/${id}` }), { done: 'Session ended', refresh: ['/admin/sessions'] });
  const endOthers = useWrite(() => ({ method: 'DELETE', path: '/admin/sessions' }), { done: 'All other sessions ended', refresh: ['/admin/sessions'] });
  const others = (data ?? []).some((s) => !s.current);
  return (
    <Section
      title="Sessions"
      lead="Browsers that are signed in as you."
      actions={
        others && (
          <Button variant="default" onClick={() => endOthers.run()} loading={endOthers.busy}>
            End all others
          </Button>
        )
      }
    >
      {isPending ? (
        <Skeleton h={48} />
      ) : error ? (
        <ErrorPanel error={error} retry={() => void refetch()} />
      ) : (
        <ul className={classes.sessions}>
          {data.map((s) => (
            <li key={s.id}>
              <div>
                <Group gap={8}>
                  <Text size="sm" fw={560}>
                    {browserOf(s.user_agent)}
                  </Text>
                  {s.current && <StatePill tone="green">This one</StatePill>}
                </Group>
                <Text size="sm" c="dimmed">
                  {s.ip !== null && s.ip !== '' ? `${s.ip}, ` : ''}seen <When at={s.last_seen_at} />, ends <When at={s.expires_at} />
                </Text>
              </div>
              {!s.current && (
                <Button size="compact-sm" variant="subtle" color="red" flex="none" onClick={() => end.run(s.id)} aria-label={`End the session of ${browserOf(s.user_agent)}`}>
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** "Firefox on Linux", of what a browser says of itself. */
export function browserOf(agent: string | null): string {
  if (!agent) return 'Unknown browser';
  const browser = /Edg\//.test(agent) ? 'Edge' : /OPR\//.test(agent) ? 'Opera' : /Firefox\//.test(agent) ? 'Firefox' : /Chrom/.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : (agent.split(/[\s/]/)[0] ?? 'Browser');
  const system = /iPhone|iPad/.test(agent) ? 'iOS' : /Android/.test(agent) ? 'Android' : /Mac OS X/.test(agent) ? 'macOS' : /Windows/.test(agent) ? 'Windows' : /Linux/.test(agent) ? 'Linux' : '';
  return system === '' ? browser : `${browser} on ${system}`;
}
