import { PageHeader } from '@/parts';

export default function Orders() {
  return <PageHeader title="Orders" />;
}
