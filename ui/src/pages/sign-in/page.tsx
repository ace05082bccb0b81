// Sign-in: address and password, and a code where the member has one.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { ApiError, send } from '@/api/client';
import { enterSession, useSessionQuery } from '@/api/session';
import type { Session } from '@/api/types/session';
import { ErrorAlert } from '@/parts';
import { usePageTitle } from '@/shell/title';

export default function SignIn() {
  usePageTitle('Sign in');
  const client = useQueryClient();
  const go = useNavigate();
  const [params] = useSearchParams();
  const session = useSessionQuery();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const next = safe(params.get('next'));

  useEffect(() => {
    if (session.data) void go(next, { replace: true });
  }, [session.data, go, next]);

  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const body = { email: email.trim(), password, ...(wantsCode ? { code: code.trim() } : {}) };
      const { data } = await send<{ data: Session }>({ method: 'POST', path: '/admin/session', body }, { quiet: true });
      enterSession(client, data);
    } catch (e) {
      const asksCode = e instanceof ApiError && e.status === 401 && e.details.some((d) => d.field === 'code');
      if (asksCode && !wantsCode) setWantsCode(true);
      else setError(e);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(e) => void submit(e)}>
      <Title order={1} mb={4}>
        {wantsCode ? 'One more step' : 'Sign in'}
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        {wantsCode ? 'Type the six digits that your authenticator shows now, or one of your recovery codes.' : 'To the back office of your shop.'}
      </Text>
      <Stack>
        {wantsCode ? (
          <TextInput key="code" label="Code" value={code} onChange={(e) => setCode(e.currentTarget.value)} autoComplete="one-time-code" required autoFocus />
        ) : (
          <>
            <TextInput key="email" label="E-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} autoComplete="username" required autoFocus />
            <PasswordInput
              label="Password"
              value={password}
              onChange={(e) => setPassword(e.currentTarget.value)}
              autoComplete="current-password"
              required
              visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
            />
          </>
        )}
        <ErrorAlert error={error} />
        <Button type="submit" fullWidth loading={busy}>
          {wantsCode ? 'Go on' : 'Sign in'}
        </Button>
        {wantsCode ? (
          <Button variant="subtle" color="gray" onClick={() => { setWantsCode(false); setCode(''); setError(null); }}>
            Back
          </Button>
        ) : (
          <Anchor component={Link} to="/reset" size="sm" ta="center">
            Forgotten the password?
          </Anchor>
        )}
      </Stack>
    </form>
  );
}

/** Only a path of ours is gone to. */
function safe(next: string | null): string {
  return next !== null && next.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/';
}
