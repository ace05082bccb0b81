import { PageHeader } from '@/parts';

export default function NewOrder() {
  return <PageHeader title="New order" />;
}
