import { PageHeader } from '@/parts';

export default function NewProduct() {
  return <PageHeader title="New product" />;
}
