export interface Shop {
  id: string;
  slug: string;
  name: string;
  state: 'active' | 'closed' | 'disabled';
  created_at: string;
}
