// Sign-in, before the back office.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { enterSession, useSessionQuery } from '@/api/session';
import { usePageTitle } from '@/shell/title';
import { SignInForm } from './form';

export default function SignIn() {
  usePageTitle('Sign in');
  const client = useQueryClient();
  const go = useNavigate();
  const [params] = useSearchParams();
  const session = useSessionQuery();
  const next = safe(params.get('next'));

  useEffect(() => {
    if (session.data) void go(next, { replace: true });
  }, [session.data, go, next]);

  return (
    <SignInForm
      done={(s) => {
        enterSession(client, s);
        void go(next, { replace: true });
      }}
    />
  );
}

/** Only a path of ours is gone to. */
function safe(next: string | null): string {
  return next !== null && next.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/';
}
