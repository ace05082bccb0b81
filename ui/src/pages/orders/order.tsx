import { PageHeader } from '@/parts';

export default function OrderPage() {
  return <PageHeader title="Order" />;
}
