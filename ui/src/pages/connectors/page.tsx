import { PageHeader } from '@/parts';

export default function Connectors() {
  return <PageHeader title="Stores" />;
}
