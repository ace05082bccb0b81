export type MessageState = 'kept' | 'queued' | 'sent' | 'deferred' | 'failed';

export interface Message {
  id: string;
  kind: string;
  state: MessageState;
  to: string;
  subject: string;
  text: string;
  html: string;
  order_id: string | null;
  error: string | null;
  created_at: string;
  sent_at: string | null;
}

export interface MailTemplate {
  kind: 'delivery' | 'key_follows' | 'files_updated' | 'login_code';
  locale: string;
  subject: string;
  intro: string;
  outro: string;
  custom: boolean;
  default: { subject: string; intro: string; outro: string };
  variables: string[];
}
