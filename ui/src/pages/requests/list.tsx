import { PageHeader } from '@/parts';

export default function Requests() {
  return <PageHeader title="Requests" />;
}
