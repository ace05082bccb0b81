import { PageHeader } from '@/parts';

export default function Customers() {
  return <PageHeader title="Customers" />;
}
