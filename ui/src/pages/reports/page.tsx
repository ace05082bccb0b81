import { PageHeader } from '@/parts';

export default function Reports() {
  return <PageHeader title="Reports" />;
}
