import { PageHeader } from '@/parts';

export default function Reset() {
  return <PageHeader title="Reset" />;
}
