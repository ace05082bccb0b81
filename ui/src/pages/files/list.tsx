import { PageHeader } from '@/parts';

export default function Files() {
  return <PageHeader title="Files" />;
}
