import { PageHeader } from '@/parts';

export default function SettingsPage() {
  return <PageHeader title="Settings" />;
}
