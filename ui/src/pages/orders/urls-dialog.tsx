// The addresses of a line's goods, as programs are given them.
import { Anchor, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useRead } from '@/api/hooks';
import type { Order, OrderLine } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { CopyButton, ErrorPanel, KeyValue, When } from '@/parts';
import { useEscape } from '@/parts/escape';

interface Urls {
  download_url: string | null;
  view_url: string | null;
  expires_at: string;
}

export function UrlsDialog({ order, line, product, close }: { order: Order; line: OrderLine; product: Product | undefined; close: () => void }) {
  useEscape(true, close);
  const { data, error, refetch } = useRead<Urls>(`/orders/${order.id}/lines/${line.id}/urls`, undefined, { title: 'Fresh addresses' });
  return (
    <Modal opened onClose={close} closeOnEscape={false} title={`Addresses of ${line.digital_product.name}`} size="lg">
      {error ? (
        <ErrorPanel error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton h={140} />
      ) : (
        <Stack>
          <Text size="sm" c="dimmed">
            They work until <When at={data.expires_at} show="exact" />, for whoever has them, and only as long as the line gives its goods. Downloads by them count.
          </Text>
          <KeyValue
            items={[
              ['Download', <Url key="d" url={data.download_url} />],
              ['Viewer', <Url key="v" url={data.view_url} />],
              ['Asset', product && <span className="mono">{product.asset_id}</span>],
              ['Order and line', <span key="l" className="mono">{order.order_number} / {line.line_number}</span>],
            ]}
          />
        </Stack>
      )}
    </Modal>
  );
}

function Url({ url }: { url: string | null }) {
  if (url === null) return <>none</>;
  return (
    <Group gap={6} wrap="nowrap">
      <Anchor href={url} target="_blank" rel="noopener" size="sm" className="mono" style={{ overflowWrap: 'anywhere' }}>
        {url}
      </Anchor>
      <CopyButton value={url} label="Copy the address" />
    </Group>
  );
}
