import type { Role } from './session';

export interface Member {
  id: string;
  email: string;
  name: string;
  role: Role;
  state: 'active' | 'invited' | 'disabled';
  totp: boolean;
  last_seen_at: string | null;
  created_at: string;
  invitation_url?: string;
}
