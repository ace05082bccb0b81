// One card a store: its address, its secret, and how it is set up there.
import { Button, Collapse, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useRead, useWrite } from '@/api/hooks';
import { useScope } from '@/api/scope';
import { useSession, useShop } from '@/api/session';
import type { SecretState, Settings, SettingsPatch } from '@/api/types/settings';
import { CallButton, CopyButton, ErrorAlert, ErrorPanel, SecretField, StatePill } from '@/parts';
import { stores, type Store } from './stores';
import classes from './connectors.module.css';

export function Stores() {
  const { data, error, refetch } = useRead<Settings>('/settings', undefined, { title: 'Read the settings' });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return (
    <div className={classes.grid}>
      {stores.map((s) => (data ? <Card key={s.kind} store={s} secret={data.connectors[s.kind].secret} /> : <Skeleton key={s.kind} h={180} radius="lg" />))}
    </div>
  );
}

function Card({ store, secret }: { store: Store; secret: SecretState }) {
  const [opened, setOpened] = useState(false);
  const { server } = useSession();
  const shop = useShop();
  const { mode } = useScope();
  const [value, setValue] = useState<string | null | undefined>(undefined);
  const address = `${server.public_url}/webhooks/${shop.slug}/${store.kind}${mode === 'sandbox' ? '?mode=sandbox' : ''}`;
  const save = useWrite<string | null, Settings>(
    (s): { method: 'PATCH'; path: string; body: SettingsPatch; title: string } => ({ method: 'PATCH', path: '/settings', body: { connectors: { [store.kind]: { secret: s } } }, title: `Keep the secret of ${store.name}` }),
    {
      done: (_, s) => (s === null ? `${store.name} is cut off` : `The secret of ${store.name} is kept`),
      refresh: ['/settings', '/audit-log'],
      quiet: true,
      sample: 'SECRET',
      then: () => setValue(undefined),
    },
  );
  const body = `setup-${store.kind}`;
  return (
    <section className={`card ${classes.store}`} aria-label={store.name}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <span className={classes.sign}>
            <store.icon size={20} stroke={1.7} aria-hidden />
          </span>
          <div>
            <Title order={2}>{store.name}</Title>
            <Text size="sm" c="dimmed">
              {store.lead}
            </Text>
          </div>
        </Group>
        {secret.set ? <StatePill tone="green">Connected</StatePill> : <StatePill tone="gray">Not set up</StatePill>}
      </Group>
      <Button mt="md" variant={secret.set ? 'default' : 'light'} rightSection={<IconChevronDown size={15} className={classes.chevron} data-open={opened || undefined} aria-hidden />} onClick={() => setOpened(!opened)} aria-expanded={opened} aria-controls={body}>
        {secret.set ? 'Address and secret' : 'Set up'}
      </Button>
      <Collapse expanded={opened} id={body}>
        <Stack gap="md" pt="md">
          <div>
            <Text size="sm" fw={560}>
              Address
            </Text>
            <Group gap={6} wrap="nowrap">
              <Text size="sm" className="mono">
                {address}
              </Text>
              <CopyButton value={address} label="Copy the address" />
            </Group>
          </div>
          <List type="ordered" size="sm" spacing={6}>
            {store.steps.map((s) => (
              <List.Item key={s}>{s}</List.Item>
            ))}
          </List>
          <form
            onSubmit={(e) => {
              e.preventDefault();
              if (value !== undefined) save.run(value);
            }}
          >
            <Stack gap="sm">
              <SecretField label={`Secret of ${store.name}`} description={store.secretHelp} state={secret} value={value} onChange={setValue} makes={store.makes} />
              <ErrorAlert error={save.error} />
              <Group gap="xs">
                <Button type="submit" disabled={value === undefined} loading={save.busy}>
                  {value === null ? 'Take it away' : 'Keep the secret'}
                </Button>
                <CallButton call={() => save.describe(value === null ? null : 'SECRET')} />
              </Group>
            </Stack>
          </form>
          <Text size="sm" c="dimmed">
            Then say which article is which product, by {store.keys}: under <em>Mappings</em>, or from the first event that comes in.
          </Text>
        </Stack>
      </Collapse>
    </section>
  );
}
