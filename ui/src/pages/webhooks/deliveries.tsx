// What was sent to all endpoints.
import { PageHeader } from '@/parts';
import { DeliveryTable } from './delivery-table';

export default function Deliveries() {
  return (
    <>
      <PageHeader title="Webhook deliveries" back={{ to: '/webhooks', label: 'Webhooks' }} lead="Everything that was sent to any endpoint in the last 30 days, the newest first." />
      <DeliveryTable title="Deliveries" path="/webhook-deliveries" withEndpoint />
    </>
  );
}
