// One card a store: its address, its secret or token, and how it is set up there.
import { Button, Collapse, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useRead, useWrite } from '@/api/hooks';
import { useScope } from '@/api/scope';
import { useSession, useShop } from '@/api/session';
import type { SecretState, Settings, SettingsPatch } from '@/api/types/settings';
import { CallButton, CopyButton, ErrorAlert, ErrorPanel, SecretField, StatePill } from '@/parts';
import { stores, type Proof, type Store } from './stores';
import classes from './connectors.module.css';

type Kept = Partial<Record<Proof['field'], SecretState>>;

export function Stores() {
  const { data, error, refetch } = useRead<Settings>('/settings', undefined, { title: 'Read the settings' });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  return (
    <div className={classes.grid}>
      {stores.map((s) => (data ? <Card key={s.kind} store={s} kept={data.connectors[s.kind]} /> : <Skeleton key={s.kind} h={180} radius="lg" />))}
    </div>
  );
}

function Card({ store, kept }: { store: Store; kept: Kept }) {
  const [opened, setOpened] = useState(false);
  const set = store.proofs.some((p) => kept[p.field]?.set);
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
        {set ? <StatePill tone="green">Connected</StatePill> : <StatePill tone="gray">Not set up</StatePill>}
      </Group>
      <Button mt="md" variant={set ? 'default' : 'light'} rightSection={<IconChevronDown size={15} className={classes.chevron} data-open={opened || undefined} aria-hidden />} onClick={() => setOpened(!opened)} aria-expanded={opened} aria-controls={body}>
        {set ? 'Address and secret' : 'Set up'}
      </Button>
      <Collapse expanded={opened} id={body}>
        <Stack gap="md" pt="md">
          {store.proofs.map((p) => (
            <Way key={p.field} store={store} proof={p} state={kept[p.field] ?? { set: false, last4: null }} />
          ))}
          <Text size="sm" c="dimmed">
            Then say which article is which product, by {store.keys}: under <em>Mappings</em>, or from the first event that comes in.
          </Text>
        </Stack>
      </Collapse>
    </section>
  );
}

/** One way to set a store up: its address, the steps there, and the secret or token. */
function Way({ store, proof, state }: { store: Store; proof: Proof; state: SecretState }) {
  const { server } = useSession();
  const shop = useShop();
  const { mode } = useScope();
  const [value, setValue] = useState<string | null | undefined>(undefined);
  const word = proof.field === 'secret' ? 'secret' : 'token';
  const query = new URLSearchParams(mode === 'sandbox' ? { mode: 'sandbox' } : {});
  if (proof.field === 'url_token' && value) query.set('token', value);
  const address = `${server.public_url}/webhooks/${shop.slug}/${store.kind}${query.size > 0 ? `?${query.toString()}` : ''}`;
  const whole = proof.field === 'secret' || Boolean(value);
  const save = useWrite<string | null, Settings>(
    (s): { method: 'PATCH'; path: string; body: SettingsPatch; title: string } => ({
      method: 'PATCH', path: '/settings', body: { connectors: { [store.kind]: { [proof.field]: s } } }, title: `Keep the ${word} of ${store.name}`,
    }),
    {
      done: (_, s) => (s === null ? `${store.name} is cut off` : `The ${word} of ${store.name} is kept`),
      refresh: ['/settings', '/audit-log'],
      quiet: true,
      sample: 'SECRET',
      then: () => setValue(undefined),
    },
  );
  const wrong = save.error?.fields[`connectors.${store.kind}.${proof.field}`];
  return (
    <Stack gap="md">
      {proof.title !== undefined && <Title order={3}>{proof.title}</Title>}
      <div>
        <Text size="sm" fw={560}>
          Address
        </Text>
        <Group gap={6} wrap="nowrap">
          <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
            {whole ? address : `${address}${query.size > 0 ? '&' : '?'}token=${state.set ? `••••${state.last4 ?? ''}` : '…'}`}
          </Text>
          {whole && <CopyButton value={address} label={`Copy the address of ${proof.title ?? store.name}`} />}
        </Group>
      </div>
      <List type="ordered" size="sm" spacing={6}>
        {proof.steps.map((s) => (
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
          <SecretField label={proof.label} description={proof.help} state={state} value={value} onChange={setValue} makes={proof.makes} error={wrong} />
          <ErrorAlert error={wrong === undefined ? save.error : null} />
          <Group gap="xs">
            <Button type="submit" disabled={value === undefined} loading={save.busy}>
              {value === null ? 'Take it away' : `Keep the ${word}`}
            </Button>
            <CallButton call={() => save.describe(value === null ? null : 'SECRET')} />
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
