// Mail in words: what a message is for, where it stands, and what an error of
// a mail server means.
import type { Message, MessageState } from '@/api/types/message';
import { words } from '@/parts';

const kinds: Readonly<Record<string, string>> = {
  delivery: 'Delivery', key_follows: 'Key follows', files_updated: 'Files updated', login_code: 'Sign-in code', owner_warning: 'Warning', download_request: 'Request',
  downloads_granted: 'More downloads', downloads_declined: 'Request declined', test: 'Test', password_reset: 'New password', invitation: 'Invitation',
};

export const kindOptions = Object.entries(kinds).map(([value, label]) => ({ value, label }));

export const kindName = (kind: string): string => kinds[kind] ?? words(kind);

/** Messages with a secret that is good once: they are asked for anew, not sent again. */
export const mayResend = (m: Message): boolean => !['login_code', 'password_reset', 'invitation'].includes(m.kind);

export const stateWords: Readonly<Record<MessageState, string>> = {
  kept: 'No mail server is set up, so it stays on this server. Whoever runs the server sets PURVEY_SMTP_URL; then send it again.',
  queued: 'It is on its way to the mail server.',
  sent: 'The mail server took it. When the customer does not see it, let them look among unwanted mail first.',
  deferred: 'The mail server refused it for now. It is tried again by itself, less and less often, for some days.',
  failed: 'The mail server refused it for good. It is not tried again by itself.',
};

const causes: readonly (readonly [RegExp, string])[] = [
  [/\b5\.1\.[123]\b|user unknown|no such user|does not exist|mailbox (not found|unavailable)|recipient (address )?rejected/i, 'There is no such mailbox: the address is mistyped or was closed. Correct it on the order.'],
  [/\b[45]\.2\.2\b|quota|mailbox full|over ?quota/i, 'Their mailbox is full. It can arrive later, or at another address.'],
  [/\b5\.7\.\d+\b|spam|blocked|blacklist|blocklist|policy|reputation|dmarc|spf|dkim/i, 'Their provider takes it for unwanted mail, or does not trust the sender. Look at SPF, DKIM and DMARC of the sender’s domain.'],
  [/greylist|\b4\.7\.1\b|try again later|\b45[012]\b/i, 'Their provider wants it to be tried again later. That happens by itself.'],
  [/no such host|nxdomain|domain .*not found|\b5\.4\.4\b|\b5\.1\.2\b/i, 'The domain behind the @ does not exist: the address is mistyped.'],
  [/auth|credential|\b535\b|username and password/i, 'The mail server does not accept the sign-in of this server. Whoever runs it looks at PURVEY_SMTP_URL.'],
  [/timeout|timed out|refused|reset by peer|unreachable|\beof\b/i, 'The mail server does not answer. It is tried again by itself.'],
  [/tls|certificate|x509/i, 'The connection to the mail server is not safe: its certificate is not accepted.'],
];

/** What an error means and what to do; null when it is none of the usual ones. */
export function explain(error: string): string | null {
  return causes.find(([pattern]) => pattern.test(error))?.[1] ?? null;
}
