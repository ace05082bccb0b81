import { PageHeader } from '@/parts';

export default function Assign() {
  return <PageHeader title="Assign files" />;
}
