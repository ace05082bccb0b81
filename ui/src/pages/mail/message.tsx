import { PageHeader } from '@/parts';

export default function MessagePage() {
  return <PageHeader title="Message" />;
}
