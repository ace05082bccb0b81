import classes from './state-pill.module.css';

export type Tone = 'green' | 'amber' | 'red' | 'blue' | 'gray';

/** A state as a word with a dot; the colour never says it alone. */
export function StatePill({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.pill} data-tone={tone}>
      <span className={classes.dot} aria-hidden />
      {children}
    </span>
  );
}

const tones: Readonly<Record<string, Tone>> = {
  paid: 'green', active: 'green', sent: 'green', delivered: 'green', done: 'green', ready: 'green', enabled: 'green', published: 'green', fulfilled: 'green', approved: 'green', completed: 'green', live: 'green',
  pending: 'amber', authorized: 'amber', partially_paid: 'amber', processing: 'amber', queued: 'amber', deferred: 'amber', paused: 'amber', invited: 'amber', unmapped: 'amber', open: 'amber', unpaid: 'amber', partially_fulfilled: 'amber', failing: 'amber', sandbox: 'amber', waiting: 'amber',
  failed: 'red', voided: 'red', canceled: 'red', disabled: 'red', high: 'red', declined: 'red', bounced: 'red', burnt: 'red', withdrawn: 'red',
  refunded: 'blue', partially_refunded: 'blue', received: 'blue', assigned: 'blue', owner: 'blue', admin: 'blue',
};

/** The server's word for a state (`PARTIALLY_REFUNDED`) as a pill with our words. */
export function ServerState({ value }: { value: string | null | undefined }) {
  if (!value) return null;
  const key = value.toLowerCase();
  return <StatePill tone={tones[key] ?? 'gray'}>{words(key)}</StatePill>;
}

/** `partially_refunded` -> "Partially refunded"; the server's American spelling becomes ours. */
export function words(key: string): string {
  const text = key.toLowerCase().replaceAll(/[_.]/g, ' ').replace(/\bcanceled\b/, 'cancelled').replace(/\blicense\b/, 'licence');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
