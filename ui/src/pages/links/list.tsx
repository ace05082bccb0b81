import { PageHeader } from '@/parts';

export default function Links() {
  return <PageHeader title="Download links" />;
}
