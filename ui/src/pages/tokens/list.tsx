import { PageHeader } from '@/parts';

export default function Tokens() {
  return <PageHeader title="API tokens" />;
}
