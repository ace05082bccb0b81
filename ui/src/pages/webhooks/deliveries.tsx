import { PageHeader } from '@/parts';

export default function Deliveries() {
  return <PageHeader title="Webhook deliveries" />;
}
