import { PageHeader } from '@/parts';

export default function Account() {
  return <PageHeader title="Your account" />;
}
