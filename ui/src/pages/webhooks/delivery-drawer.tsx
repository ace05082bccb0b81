// One delivery: the request as it was sent, every answer, and sending again.
import { Button, Drawer, Group, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useRead, useWrite } from '@/api/hooks';
import type { Attempt, WebhookDelivery } from '@/api/types/webhook';
import { CallButton, CopyButton, ErrorPanel, JsonBlock, KeyValue, StatePill, When } from '@/parts';
import { DeliveryState } from './state';
import classes from './webhooks.module.css';

export function DeliveryDrawer({ id, close }: { id: string | null; close: () => void }) {
  return (
    <Drawer opened={id !== null} onClose={close} position="right" size="xl" title="Delivery">
      {id !== null && <Content id={id} />}
    </Drawer>
  );
}

function Content({ id }: { id: string }) {
  const { data: d, error, refetch } = useRead<WebhookDelivery>(`/webhook-deliveries/${id}`, undefined, { every: 2500, title: 'Read a delivery' });
  const retry = useWrite<void, WebhookDelivery>(() => ({ method: 'POST', path: `/webhook-deliveries/${id}/retry`, title: 'Send a delivery again' }), {
    done: 'On its way again',
    refresh: ['/webhook-deliveries', '/webhook-endpoints'],
  });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!d) return <Skeleton h={300} />;
  return (
    <Stack>
      <Group justify="space-between">
        <Group gap="xs">
          <Text className="mono" fw={600}>
            {d.event_type}
          </Text>
          <DeliveryState delivery={d} />
        </Group>
        <Group gap="xs">
          <CallButton call={() => retry.describe()} />
          <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => retry.run()} loading={retry.busy}>
            Send again
          </Button>
        </Group>
      </Group>
      <KeyValue
        items={[
          ['Event', <span key="e" className="mono">{d.event_id} <CopyButton value={d.event_id} label="Copy the id" /></span>],
          ['Endpoint', d.endpoint?.name],
          ['Happened', <When key="h" at={d.created_at} show="both" />],
          d.state === 'pending' && ['Next try', <When key="n" at={d.next_attempt_at} none="now" show="both" />],
        ]}
      />
      <Tabs defaultValue="answers" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="answers">Answers ({d.attempts.length})</Tabs.Tab>
          <Tabs.Tab value="request">Request</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="answers" pt="md">
          {d.attempts.length === 0 ? (
            <Text size="sm" c="dimmed">
              It waits for its first try.
            </Text>
          ) : (
            [...d.attempts].reverse().map((a) => <Answer key={a.at} attempt={a} />)
          )}
        </Tabs.Panel>
        <Tabs.Panel value="request" pt="md">
          {d.request ? <Request request={d.request} /> : <Text size="sm" c="dimmed">The request is kept once it was sent.</Text>}
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Answer({ attempt: a }: { attempt: Attempt }) {
  const fine = a.status !== null && a.status >= 200 && a.status < 300;
  return (
    <div className={classes.attempt}>
      <Group justify="space-between" mb={a.error || a.response ? 6 : 0}>
        <Group gap="xs">
          <StatePill tone={fine ? 'green' : 'red'}>{a.status === null ? 'No answer' : String(a.status)}</StatePill>
          <Text size="sm">{a.duration_ms} ms</Text>
        </Group>
        <Text size="sm" c="dimmed">
          <When at={a.at} />
        </Text>
      </Group>
      {a.error && <Text size="sm">{a.error}</Text>}
      {a.response ? <JsonBlock value={a.response} label="the answer" /> : a.status !== null && <Text size="sm" c="dimmed">The answer had no body.</Text>}
    </div>
  );
}

function Request({ request }: { request: NonNullable<WebhookDelivery['request']> }) {
  return (
    <Stack gap="sm">
      <Text className="mono" size="sm">
        POST {request.url}
      </Text>
      <dl className={classes.headers}>
        {Object.entries(request.headers).map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{Array.isArray(value) ? value.join(', ') : value}</dd>
          </div>
        ))}
      </dl>
      <JsonBlock value={request.body} label="the body" />
    </Stack>
  );
}
