import { PageHeader } from '@/parts';

export default function ProductPage() {
  return <PageHeader title="Product" />;
}
