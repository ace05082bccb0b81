import { PageHeader } from '@/parts';

export default function EndpointPage() {
  return <PageHeader title="Endpoint" />;
}
