// The stock of each tag: what is free, what is out, who sells it.
import { Anchor, Button, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Call } from '@/api/client';
import { useWrite, type List } from '@/api/hooks';
import type { KeyTag } from '@/api/types/key';
import { count, DataTable, EmptyState, plural, StatePill, type Column } from '@/parts';

function Serve({ tag }: { tag: KeyTag }) {
  const serve = useWrite<void, { served: number; still_waiting: number }>(
    (): Call => ({ method: 'POST', path: `/license-key-tags/${tag.tag === '' ? '-' : encodeURIComponent(tag.tag)}/serve`, title: 'Serve those who wait' }),
    {
      done: (r) => (r.served > 0 ? `${plural(r.served, 'key')} sent, ${count(r.still_waiting)} still wait` : 'There is no free key to send'),
      refresh: ['/license-key', '/overview'],
    },
  );
  if (tag.waiting === 0) return <Text span inherit c="dimmed">nobody</Text>;
  return (
    <>
      <StatePill tone="amber">{count(tag.waiting)}</StatePill>{' '}
      {tag.free > 0 && (
        <Button size="compact-xs" variant="default" onClick={() => serve.run()} loading={serve.busy}>
          Send now
        </Button>
      )}
    </>
  );
}

const columns: readonly Column<KeyTag>[] = [
  { key: 'tag', title: 'Tag', cell: (t) => t.tag || 'Without a tag' },
  {
    key: 'products',
    title: 'Sold with',
    cell: (t) =>
      t.products.length === 0 ? (
        <Text span inherit c="dimmed">no product</Text>
      ) : (
        t.products.map((p, i) => (
          <span key={p.id}>
            {i > 0 && ', '}
            <Anchor component={Link} to={`/products/${p.id}`} inherit>
              {p.name}
            </Anchor>
          </span>
        ))
      ),
  },
  { key: 'waiting', title: 'Wait for one', cell: (t) => <Serve tag={t} /> },
  { key: 'assigned', title: 'Assigned', align: 'right', cell: (t) => count(t.assigned) },
  { key: 'burnt', title: 'Burnt', align: 'right', cell: (t) => count(t.burnt), card: 'hide' },
  { key: 'free', title: 'Free', align: 'right', cell: (t) => (t.free === 0 && t.products.length > 0 ? <StatePill tone="red">none</StatePill> : count(t.free)), card: 'aside' },
];

export function Stock({ list }: { list: List<KeyTag> }) {
  return (
    <DataTable
      label="Stock by tag"
      columns={columns}
      list={list}
      rowKey={(t) => t.tag}
      rowHref={(t) => (t.tag === '' ? '/keys' : `/keys?tag=${encodeURIComponent(t.tag)}`)}
      empty={
        <EmptyState icon={IconKey} title="No stock yet">
          Keys with the same tag are one stock. A product names the tag of its keys.
        </EmptyState>
      }
    />
  );
}
