export type ChecklistKey = 'mail' | 'storage' | 'webhook' | 'product' | 'order' | 'token';

export interface ChecklistItem {
  key: ChecklistKey;
  done: boolean;
  done_at: string | null;
  title: string;
  help: string;
  href: string;
}

export interface Checklist {
  items: ChecklistItem[];
}
