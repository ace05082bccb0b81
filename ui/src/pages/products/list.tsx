import { PageHeader } from '@/parts';

export default function Products() {
  return <PageHeader title="Products" />;
}
