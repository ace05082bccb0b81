import { PageHeader } from '@/parts';

export default function CustomerPage() {
  return <PageHeader title="Customer" />;
}
