export type Role = 'owner' | 'admin' | 'member';

export interface SessionMember {
  id: string;
  email: string;
  name: string;
  totp: boolean;
  created_at: string;
}

export interface SessionShop {
  id: string;
  slug: string;
  name: string;
  role: Role;
  currency: string;
  timezone: string;
  locale: string;
}

export interface Session {
  member: SessionMember;
  shops: SessionShop[];
  session_id: string;
  expires_at: string;
  server: { version: string; public_url: string; mail: 'kept' | 'smtp' };
}

export interface OpenSession {
  id: string;
  current: boolean;
  ip: string | null;
  user_agent: string | null;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
}

export interface Invitation {
  email: string;
  shop_name: string;
  role: Role;
}
