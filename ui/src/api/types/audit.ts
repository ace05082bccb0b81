export interface AuditEntry {
  id: string;
  at: string;
  actor: { type: 'member' | 'token' | 'system' | 'buyer' | 'gateway' | 'store'; id: string | null; name: string | null };
  action: string;
  object: { type: string; id: string; name: string | null };
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  ip: string | null;
  request_id: string | null;
}
