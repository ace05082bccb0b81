// Stores that send us orders: setting up, what came in, and which article is
// which product.
import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { PageHeader } from '@/parts';
import { Events } from './events';
import { Mappings } from './mappings';
import { Stores } from './store-cards';

const tabs = ['stores', 'events', 'mappings'] as const;

export default function Connectors() {
  const [params, setParams] = useSearchParams();
  const asked = params.get('tab');
  const tab = tabs.find((t) => t === asked) ?? (params.has('event') || params.has('state') ? 'events' : 'stores');
  return (
    <>
      <PageHeader title="Stores" lead="Orders of your stores come here by their webhooks, and are delivered the moment they are paid. Refunds and disputes take the goods away again." />
      <Tabs value={tab} onChange={(t) => setParams(t === null || t === 'stores' ? {} : { tab: t })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="stores">Stores</Tabs.Tab>
          <Tabs.Tab value="events">What came in</Tabs.Tab>
          <Tabs.Tab value="mappings">Mappings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="stores">
          <Stores />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <Events />
        </Tabs.Panel>
        <Tabs.Panel value="mappings">
          <Mappings />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
