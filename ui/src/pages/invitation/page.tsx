// An invited person makes an account and is in.
import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ApiError, send } from '@/api/client';
import { enterSession } from '@/api/session';
import type { Invitation, Session } from '@/api/types/session';
import { ErrorAlert } from '@/parts';
import { usePageTitle } from '@/shell/title';
import { Loading } from '@/shell/loading';
import { NewPassword } from '../sign-in/new-password';

export default function InvitationPage() {
  usePageTitle('Invitation');
  const { token = '' } = useParams();
  const path = `/admin/invitations/${encodeURIComponent(token)}`;
  const client = useQueryClient();
  const go = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [joined, setJoined] = useState(false);
  const invitation = useQuery<Invitation, ApiError>({
    queryKey: ['invitation', token],
    queryFn: async () => (await send<{ data: Invitation }>({ method: 'GET', path }, { quiet: true })).data,
    retry: false,
    enabled: !joined, // it is used up, then
  });
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data } = await send<{ data: Session }>({ method: 'POST', path, body: { name: name.trim(), password } }, { quiet: true });
      setJoined(true);
      enterSession(client, data);
      void go('/', { replace: true });
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  if (invitation.isPending) return <Loading />;
  if (invitation.error) {
    return (
      <Stack gap="xs">
        <Title order={1}>This invitation does not work</Title>
        <Text c="dimmed">{invitation.error.status === 404 ? 'It was used, withdrawn or is too old. Ask whoever invited you for another one.' : invitation.error.message}</Text>
      </Stack>
    );
  }
  const { email, shop_name, role } = invitation.data;
  const fields = error instanceof ApiError ? error.fields : {};
  return (
    <form onSubmit={(e) => void submit(e)}>
      <Title order={1} mb={4}>
        Join {shop_name}
      </Title>
      <Text c="dimmed" size="sm" mb="lg">
        As {role}, with the address {email}.
      </Text>
      <Stack>
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <TextInput label="Your name" value={name} onChange={(e) => setName(e.currentTarget.value)} autoComplete="name" required autoFocus error={fields['name']} />
        <NewPassword label="Password" value={password} onChange={setPassword} error={fields['password']} />
        {Object.keys(fields).length === 0 && <ErrorAlert error={error} />}
        <Button type="submit" loading={busy} fullWidth>
          Join
        </Button>
      </Stack>
    </form>
  );
}
