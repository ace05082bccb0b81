// Address and password, and a code where the member has one.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { ApiError, send } from '@/api/client';
import type { Session } from '@/api/types/session';
import { ErrorAlert } from '@/parts';

interface Props {
  done: (session: Session) => void;
  /** Whose session has ended: asks for their password alone, in a dialog that has its own title. */
  again?: string;
}

export function SignInForm({ done, again }: Props) {
  const [email, setEmail] = useState(again ?? '');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (e: FormEvent) => {
    e.preventDefault();
    e.stopPropagation();
    setBusy(true);
    setError(null);
    try {
      const body = { email: email.trim(), password, ...(wantsCode ? { code: code.trim() } : {}) };
      done((await send<{ data: Session }>({ method: 'POST', path: '/admin/session', body }, { quiet: true })).data);
    } catch (e) {
      const asksCode = e instanceof ApiError && e.status === 401 && e.details.some((d) => d.field === 'code');
      if (asksCode && !wantsCode) setWantsCode(true);
      else setError(e);
    } finally {
      setBusy(false);
    }
  };

  const asks = 'Type the six digits that your authenticator shows now, or one of your recovery codes.';
  return (
    <form onSubmit={(e) => void submit(e)}>
      {again === undefined && (
        <Title order={1} mb={4}>
          {wantsCode ? 'One more step' : 'Sign in'}
        </Title>
      )}
      <Text c="dimmed" size="sm" mb="lg">
        {wantsCode ? asks : again === undefined ? 'To the back office of your shop.' : 'What you typed is still here, and goes on where it stopped.'}
      </Text>
      <Stack>
        {wantsCode ? (
          <TextInput key="code" label="Code" value={code} onChange={(e) => setCode(e.currentTarget.value)} autoComplete="one-time-code" required autoFocus />
        ) : (
          <>
            <TextInput key="email" label="E-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} autoComplete="username" required autoFocus={again === undefined} readOnly={again !== undefined} />
            <PasswordInput
              label="Password"
              value={password}
              onChange={(e) => setPassword(e.currentTarget.value)}
              autoComplete="current-password"
              required
              data-autofocus={again !== undefined || undefined}
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
        ) : again === undefined ? (
          <Anchor component={Link} to="/reset" size="sm" ta="center">
            Forgotten the password?
          </Anchor>
        ) : null}
      </Stack>
    </form>
  );
}
