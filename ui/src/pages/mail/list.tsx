import { PageHeader } from '@/parts';

export default function Mail() {
  return <PageHeader title="Mail" />;
}
