import { PageHeader } from '@/parts';

export default function Invitation() {
  return <PageHeader title="Invitation" />;
}
