import type { Mode } from '../scope';

export interface Token {
  id: string;
  name: string;
  role: 'admin' | 'member';
  mode: Mode;
  last4: string;
  created_at: string;
  last_used_at: string | null;
  token?: string;
}
