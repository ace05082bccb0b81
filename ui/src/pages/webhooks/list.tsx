import { PageHeader } from '@/parts';

export default function Webhooks() {
  return <PageHeader title="Webhooks" />;
}
