// Password reset: asks for the mail, and takes the new password behind its link.
import { Alert, Anchor, Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconMailForward } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { ApiError, send } from '@/api/client';
import { notifyDone } from '@/api/notify';
import { ErrorAlert } from '@/parts';
import { usePageTitle } from '@/shell/title';
import { NewPassword } from '../sign-in/new-password';

export default function Reset() {
  const [params] = useSearchParams();
  const token = params.get('token');
  return token === null ? <Ask /> : <Choose token={token} />;
}

function Ask() {
  usePageTitle('Reset password');
  const [email, setEmail] = useState('');
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send({ method: 'POST', path: '/admin/password-resets', body: { email: email.trim() } }, { quiet: true });
      setSent(true);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(e) => void submit(e)}>
      <Title order={1} mb={4}>
        Reset your password
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        We mail you a link that lets you choose a new one.
      </Text>
      <Stack>
        {sent ? (
          <Alert color="pine" icon={<IconMailForward size={18} />} role="status">
            If {email.trim()} belongs to a member, a link is on its way. It works for an hour, once. Without a mail server the operator reads it in the server&apos;s kept mail, or sets a
            password with <code>purvey admin reset-password</code>.
          </Alert>
        ) : (
          <>
            <TextInput label="E-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} autoComplete="username" required autoFocus />
            <ErrorAlert error={error} />
            <Button type="submit" loading={busy} fullWidth>
              Mail me the link
            </Button>
          </>
        )}
        <Anchor component={Link} to="/sign-in" size="sm" ta="center">
          Back to sign-in
        </Anchor>
      </Stack>
    </form>
  );
}

function Choose({ token }: { token: string }) {
  usePageTitle('New password');
  const go = useNavigate();
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send({ method: 'POST', path: '/admin/password-resets/confirm', body: { token, password } }, { quiet: true });
      notifyDone('The new password is set: sign in with it');
      void go('/sign-in', { replace: true });
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const fields = error instanceof ApiError ? error.fields : {};
  return (
    <form onSubmit={(e) => void submit(e)}>
      <Title order={1} mb={4}>
        Choose a new password
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        All sessions end with it, on every device.
      </Text>
      <Stack>
        <NewPassword value={password} onChange={setPassword} error={fields['password']} />
        {fields['password'] === undefined && <ErrorAlert error={error} />}
        <Button type="submit" loading={busy} fullWidth>
          Set the password
        </Button>
        <Anchor component={Link} to="/reset" size="sm" ta="center">
          Ask for another link
        </Anchor>
      </Stack>
    </form>
  );
}
