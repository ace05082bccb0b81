// The member's own account: name and address, password, second factor, sessions.
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send, type ApiError } from '@/api/client';
import { useWrite } from '@/api/hooks';
import { notifyDone } from '@/api/notify';
import { sessionKey, useSession } from '@/api/session';
import type { Session } from '@/api/types/session';
import { ErrorAlert, FormModal, PageHeader, Section, When } from '@/parts';
import { useSignOut } from '@/shell/scope-switch';
import { CurrentPassword } from './current-password';
import { NewPassword } from '../sign-in/new-password';
import { Sessions } from './sessions';
import { SecondFactor } from './second-factor';

export default function Account() {
  const { member } = useSession();
  const signOut = useSignOut();
  return (
    <>
      <PageHeader
        title="Your account"
        withoutCalls
        lead={
          <>
            {member.email}, since <When at={member.created_at} show="relative" />
          </>
        }
        actions={
          <Button variant="default" onClick={() => void signOut()}>
            Sign out
          </Button>
        }
      />
      <Stack gap={0} maw="46rem">
        <Profile />
        <Password />
        <SecondFactor />
        <Sessions />
      </Stack>
    </>
  );
}

function Profile() {
  const { member } = useSession();
  const client = useQueryClient();
  const [name, setName] = useState(member.name);
  const [changing, setChanging] = useState(false);
  const save = useWrite<string, Session>((n) => ({ method: 'PATCH', path: '/admin/account', body: { name: n } }), {
    done: 'Name saved',
    quiet: true,
    then: (s) => client.setQueryData(sessionKey, s),
  });
  return (
    <Section title="You">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          save.run(name.trim());
        }}
      >
        <Stack>
          <TextInput label="Name" description="Stands in the audit log beside what you change." value={name} onChange={(e) => setName(e.currentTarget.value)} autoComplete="name" error={save.error?.fields['name']} />
          {save.error?.fields['name'] === undefined && <ErrorAlert error={save.error} />}
          <Group>
            <Button type="submit" loading={save.busy} disabled={name.trim() === member.name}>
              Save name
            </Button>
          </Group>
          <Group justify="space-between">
            <div>
              <Text size="sm" fw={560}>
                E-mail
              </Text>
              <Text size="sm">{member.email}</Text>
            </div>
            <Button variant="default" onClick={() => setChanging(true)}>
              Change e-mail
            </Button>
          </Group>
        </Stack>
      </form>
      {changing && <EmailModal close={() => setChanging(false)} />}
    </Section>
  );
}

function EmailModal({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const save = useWrite<void, Session>(() => ({ method: 'PATCH', path: '/admin/account', body: { email: email.trim(), password } }), {
    done: 'E-mail changed',
    quiet: true,
    then: (s) => {
      client.setQueryData(sessionKey, s);
      close();
    },
  });
  return (
    <FormModal title="Change your e-mail" opened close={close} submit="Change e-mail" onSubmit={() => save.run()} busy={save.busy} error={save.error} size="md">
      <TextInput label="New e-mail" type="email" value={email} onChange={(e) => setEmail(e.currentTarget.value)} required data-autofocus error={save.error?.fields['email']} />
      <CurrentPassword value={password} onChange={setPassword} />
    </FormModal>
  );
}

function Password() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await send({ method: 'POST', path: '/admin/account/password', body: { current, new: next } }, { quiet: true });
      setCurrent('');
      setNext('');
      notifyDone('Password changed; your other sessions have ended');
    } catch (e) {
      setError(e as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const fields = error?.fields ?? {};
  return (
    <Section title="Password" lead="Changing it ends your other sessions.">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        <Stack>
          <CurrentPassword value={current} onChange={setCurrent} error={fields['current']} />
          <NewPassword value={next} onChange={setNext} error={fields['new']} />
          {Object.keys(fields).length === 0 && <ErrorAlert error={error} />}
          <Group>
            <Button type="submit" loading={busy} disabled={current === '' || next === ''}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
