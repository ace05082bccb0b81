import { Outlet } from 'react-router';
import { useMemo } from 'react';
import { PlaceContext } from './title';
import classes from './outside.module.css';

/** The pages before the sign-in: one card on a quiet ground. */
export function Outside() {
  const place = useMemo(() => ({ suffix: 'Purvey', moved: false }), []);
  return (
    <PlaceContext value={place}>
      <main className={classes.outside}>
        <div className={classes.card}>
          <div className={classes.mark} aria-hidden>
            <svg width="34" height="34" viewBox="0 0 32 32">
              <rect width="32" height="32" rx="8" fill="#0f6a57" />
              <path d="M11 24V8h6.2a5.3 5.3 0 0 1 0 10.6H11" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
              <path d="M20 24h3" stroke="#9fe0cf" strokeWidth="3" strokeLinecap="round" />
            </svg>
          </div>
          <Outlet />
        </div>
      </main>
    </PlaceContext>
  );
}
