// One event of a store: its unmatched articles are mapped here, then it runs again.
import { Anchor, Button, Drawer, Group, Select, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useRead, useWrite } from '@/api/hooks';
import type { Mapping, StoreEvent } from '@/api/types/store-event';
import { CallButton, ErrorAlert, ErrorPanel, JsonBlock, KeyValue, plural, ProductPicker, ServerState, When } from '@/parts';
import { storeName } from './stores';
import classes from './connectors.module.css';

export function EventDrawer({ id, close }: { id: string | null; close: () => void }) {
  return (
    <Drawer opened={id !== null} onClose={close} position="right" size="xl" title="Store event">
      {id !== null && <Content id={id} />}
    </Drawer>
  );
}

function Content({ id }: { id: string }) {
  const { data: e, error, refetch } = useRead<StoreEvent>(`/store-events/${id}`, undefined, { every: 3000, title: 'Read a store event' });
  const [mapped, setMapped] = useState<readonly string[]>([]);
  const replay = useWrite<void, StoreEvent>(() => ({ method: 'POST', path: `/store-events/${id}/replay`, title: 'Work on the event again' }), {
    done: 'It is worked on again',
    refresh: ['/store-events', '/orders', '/overview'],
  });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!e) return <Skeleton h={300} />;
  const open = e.unmapped.filter((u) => !u.external_keys.some((k) => mapped.includes(k)));
  return (
    <Stack>
      <Group justify="space-between">
        <Group gap="xs">
          <Text className="mono" fw={600}>
            {e.topic ?? 'event'}
          </Text>
          <ServerState value={e.state} />
        </Group>
        <Group gap="xs">
          <CallButton call={() => replay.describe()} />
          <Button leftSection={<IconRefresh size={16} aria-hidden />} onClick={() => replay.run()} loading={replay.busy} variant={mapped.length > 0 && open.length === 0 ? 'filled' : 'default'}>
            Replay
          </Button>
        </Group>
      </Group>
      <KeyValue
        items={[
          ['Store', storeName(e.source)],
          ['Came', <When key="c" at={e.created_at} show="both" />],
          ['Worked on', <When key="p" at={e.processed_at} none="not yet" show="both" />],
          e.order_id !== null && ['Order', <Anchor key="o" component={Link} to={`/orders/${e.order_id}`} inherit>Open the order</Anchor>],
          e.error !== null && ['Why', e.error],
        ]}
      />
      {e.unmapped.length > 0 && (
        <Stack gap="sm">
          <Title order={3}>{open.length === 0 ? 'All is mapped: replay it' : `${plural(open.length, 'article')} without a product`}</Title>
          {e.unmapped.map((u) => (
            <Unmapped key={u.external_keys.join()} event={e} article={u} done={u.external_keys.some((k) => mapped.includes(k))} mapped={(key) => setMapped((m) => [...m, key])} />
          ))}
        </Stack>
      )}
      {e.payload !== undefined && (
        <div>
          <Title order={3} mb={6}>
            As it came
          </Title>
          <JsonBlock value={e.payload} label="the payload" />
        </div>
      )}
    </Stack>
  );
}

interface UnmappedProps {
  event: StoreEvent;
  article: StoreEvent['unmapped'][number];
  done: boolean;
  mapped: (key: string) => void;
}

function Unmapped({ event, article, done, mapped }: UnmappedProps) {
  const [key, setKey] = useState(article.external_keys[0] ?? '');
  const [product, setProduct] = useState<string | null>(null);
  const map = useWrite<{ key: string; product: string }, Mapping>(
    (v) => ({ method: 'POST', path: '/mappings', body: { source: event.source, external_key: v.key, digital_product_id: v.product }, title: 'Create a mapping' }),
    { done: 'Mapped', refresh: ['/mappings'], quiet: true, then: () => mapped(key) },
  );
  return (
    <div className={classes.unmapped}>
      <Text size="sm" fw={560}>
        {article.quantity > 1 ? `${article.quantity} × ` : ''}
        {article.name || 'An article without a name'}
      </Text>
      {done ? (
        <Text size="sm" c="dimmed">
          Mapped.
        </Text>
      ) : (
        <form
          className={classes.map}
          onSubmit={(e) => {
            e.preventDefault();
            if (product !== null) map.run({ key, product });
          }}
        >
          <Select label="Its key in the store" value={key} onChange={(v) => setKey(v ?? '')} data={article.external_keys} />
          <ProductPicker label="Is the product" value={product} onChange={(id) => setProduct(id)} />
          <Button type="submit" disabled={product === null || key === ''} loading={map.busy}>
            Map
          </Button>
        </form>
      )}
      <ErrorAlert error={map.error} />
    </div>
  );
}
