// The second factor: an authenticator's six digits, and ten recovery codes.
import { Alert, Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { useWrite } from '@/api/hooks';
import { sessionKey, useSession } from '@/api/session';
import type { Session } from '@/api/types/session';
import { CopyButton, FormModal, Section, StatePill } from '@/parts';
import { CurrentPassword } from './current-password';
import classes from './account.module.css';

interface Enrolment {
  secret: string;
  uri: string;
  qr_svg: string;
}

export function SecondFactor() {
  const { member } = useSession();
  const client = useQueryClient();
  const [step, setStep] = useState<'none' | 'begin' | 'off'>('none');
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const mark = (totp: boolean) => {
    client.setQueryData<Session | null>(sessionKey, (s) => (s ? { ...s, member: { ...s.member, totp } } : s));
  };
  return (
    <Section title="Two-factor sign-in" actions={member.totp ? <StatePill tone="green">On</StatePill> : <StatePill tone="gray">Off</StatePill>}>
      <Text size="sm" c="dimmed" mb="md">
        {member.totp
          ? 'Signing in asks for a code of your authenticator after the password.'
          : 'A stolen password alone then opens nothing: signing in also asks for the six digits that an authenticator on your phone shows.'}
      </Text>
      {member.totp ? (
        <Button variant="default" onClick={() => setStep('off')}>
          Switch off
        </Button>
      ) : (
        <Button onClick={() => setStep('begin')}>Switch on</Button>
      )}
      {step === 'begin' && enrolment === null && <BeginModal close={() => setStep('none')} begun={setEnrolment} />}
      {enrolment !== null && (
        <ConfirmCode
          enrolment={enrolment}
          close={() => {
            setEnrolment(null);
            setStep('none');
          }}
          confirmed={(list) => {
            setEnrolment(null);
            setStep('none');
            setCodes(list);
            mark(true);
          }}
        />
      )}
      {step === 'off' && (
        <OffModal
          close={() => setStep('none')}
          done={() => {
            setStep('none');
            mark(false);
          }}
        />
      )}
      <RecoveryCodes codes={codes} close={() => setCodes(null)} />
    </Section>
  );
}

function BeginModal({ close, begun }: { close: () => void; begun: (e: Enrolment) => void }) {
  const [password, setPassword] = useState('');
  const begin = useWrite<void, Enrolment>(() => ({ method: 'POST', path: '/admin/account/totp', body: { password } }), { quiet: true, then: begun });
  return (
    <FormModal title="Switch two-factor on" opened close={close} submit="Go on" onSubmit={() => begin.run()} busy={begin.busy} error={begin.error} size="md">
      <CurrentPassword value={password} onChange={setPassword} />
    </FormModal>
  );
}

function ConfirmCode({ enrolment, close, confirmed }: { enrolment: Enrolment; close: () => void; confirmed: (codes: string[]) => void }) {
  const [code, setCode] = useState('');
  const confirm = useWrite<void, { recovery_codes: string[] }>(() => ({ method: 'POST', path: '/admin/account/totp/confirm', body: { code: code.replaceAll(' ', '') } }), {
    quiet: true,
    then: (r) => confirmed(r.recovery_codes),
  });
  return (
    <FormModal title="Add Purvey to your authenticator" opened close={close} submit="Switch on" onSubmit={() => confirm.run()} busy={confirm.busy} error={confirm.error}>
      <div className={classes.enrol}>
        <img src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`} alt="QR code for your authenticator" className={classes.qr} />
        <Stack gap="sm">
          <List type="ordered" size="sm" spacing={4}>
            <List.Item>Scan the code with your authenticator.</List.Item>
            <List.Item>Type the six digits that it shows.</List.Item>
          </List>
          <div>
            <Text size="xs" c="dimmed">
              Without a camera, type this key into it:
            </Text>
            <Group gap={6} wrap="nowrap">
              <Text className="mono" size="sm" data-testid="totp-secret">
                {enrolment.secret}
              </Text>
              <CopyButton value={enrolment.secret} label="Copy the key" />
            </Group>
          </div>
        </Stack>
      </div>
      <TextInput label="Code" value={code} onChange={(e) => setCode(e.currentTarget.value)} autoComplete="one-time-code" inputMode="numeric" maxLength={7} required data-autofocus />
    </FormModal>
  );
}

function OffModal({ close, done }: { close: () => void; done: () => void }) {
  const [password, setPassword] = useState('');
  const off = useWrite(() => ({ method: 'DELETE', path: '/admin/account/totp', body: { password } }), { done: 'Two-factor sign-in is off', quiet: true, then: done });
  return (
    <FormModal title="Switch two-factor off?" opened close={close} submit="Switch off" danger onSubmit={() => off.run()} busy={off.busy} error={off.error} size="md">
      <Text size="sm">Signing in asks for the password alone then. Your recovery codes stop working.</Text>
      <CurrentPassword value={password} onChange={setPassword} />
    </FormModal>
  );
}

function RecoveryCodes({ codes, close }: { codes: string[] | null; close: () => void }) {
  const text = (codes ?? []).join('\n');
  return (
    <Modal opened={codes !== null} onClose={close} title="Recovery codes" closeOnClickOutside={false} closeOnEscape={false}>
      <Stack>
        <Alert color="amber" icon={<IconAlertTriangle size={18} />}>
          They are shown this once. Each lets you in once when the phone is lost: keep them where you keep passwords.
        </Alert>
        <ul className={classes.codes} aria-label="Recovery codes">
          {(codes ?? []).map((c) => (
            <li key={c}>{c}</li>
          ))}
        </ul>
        <Group justify="space-between">
          <Group gap="xs">
            <CopyButton value={text} label="Copy the codes" withText />
            <Button size="compact-sm" variant="default" component="a" href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`} download="purvey-recovery-codes.txt">
              Download
            </Button>
          </Group>
          <Button onClick={close}>I have kept them</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
