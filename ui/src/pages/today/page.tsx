import { PageHeader } from '@/parts';

export default function Today() {
  return <PageHeader title="Today" />;
}
