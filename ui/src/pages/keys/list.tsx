import { PageHeader } from '@/parts';

export default function Keys() {
  return <PageHeader title="Licence keys" />;
}
