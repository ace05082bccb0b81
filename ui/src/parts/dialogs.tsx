// Dialogs: a form with its call, a question that wants to be meant, a secret
// that is seen once.
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { wordsOf, type Call } from '@/api/client';
import { CallButton } from './as-api-call';
import { CopyButton } from './copy-button';
import { useEscape } from './escape';
import classes from './dialogs.module.css';

interface FormModalProps {
  title: string;
  opened: boolean;
  close: () => void;
  /** Of the button: "Create token". */
  submit: string;
  onSubmit: () => void;
  /** The call that the form would make now. */
  call?: () => Call;
  busy?: boolean;
  error?: unknown;
  danger?: boolean;
  disabled?: boolean;
  size?: string;
  /** Of the button that closes it: "Keep the order", where "Cancel" would be read as the deed. null: there is nothing to cancel. */
  dismiss?: string | null;
  children: ReactNode;
}

/** A form in a dialog, with "As API call" of this very action. */
export function FormModal({ title, opened, close, submit, onSubmit, call, busy, error, danger, disabled, size, dismiss, children }: FormModalProps) {
  useEscape(opened, close);
  const send = (e: FormEvent) => {
    e.preventDefault();
    e.stopPropagation();
    onSubmit();
  };
  return (
    <Modal opened={opened} onClose={close} closeOnEscape={false} title={title} size={size ?? 'lg'}>
      <form onSubmit={send} noValidate>
        <Stack gap="md">
          {children}
          <ErrorAlert error={error} />
          <Group justify="space-between" gap="xs" className={classes.footer!}>
            {call ? <CallButton call={call} /> : <span />}
            <Group gap="xs" ml="auto">
              {dismiss !== null && (
                <Button type="button" variant="default" onClick={close}>
                  {dismiss ?? 'Cancel'}
                </Button>
              )}
              <Button type="submit" loading={busy ?? false} disabled={disabled ?? false} {...(danger ? { color: 'red' } : {})}>
                {submit}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** An error above a form's buttons; nothing when there is none. */
export function ErrorAlert({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} role="alert">
      {wordsOf(error)}
    </Alert>
  );
}

interface ConfirmModalProps {
  title: string;
  opened: boolean;
  close: () => void;
  confirm: string;
  onConfirm: () => void;
  /** What must be typed before the button works: a name. None: the button is enough. */
  typed?: string;
  call?: () => Call;
  busy?: boolean;
  error?: unknown;
  children: ReactNode;
}

/** Asks before something that cannot be taken back. Say in it what will happen. */
export function ConfirmModal({ typed, opened, children, confirm, onConfirm, ...rest }: ConfirmModalProps) {
  const [text, setText] = useState('');
  return (
    <FormModal {...rest} opened={opened} submit={confirm} onSubmit={onConfirm} danger size="md" disabled={typed !== undefined && text.trim() !== typed}>
      <Text component="div" size="sm">
        {children}
      </Text>
      {typed !== undefined && (
        <TextInput
          label={
            <>
              Type <strong>{typed}</strong> to confirm
            </>
          }
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
    </FormModal>
  );
}

interface SecretModalProps {
  title: string;
  /** null: closed. */
  secret: string | null;
  close: () => void;
  /** What to do with it. */
  children?: ReactNode;
}

/** A secret that is never shown again. */
export function SecretModal({ title, secret, close, children }: SecretModalProps) {
  return (
    <Modal opened={secret !== null} onClose={close} title={title} size="lg" closeOnClickOutside={false} closeOnEscape={false}>
      <Stack>
        <Alert color="amber" variant="light" icon={<IconAlertTriangle size={18} />}>
          It is shown this once. Copy it to where it belongs now.
        </Alert>
        <Group wrap="nowrap" gap="xs" className="card" p="xs" pl="md">
          <Text className="mono" flex={1} data-testid="secret">
            {secret}
          </Text>
          <CopyButton value={secret ?? ''} label="Copy the secret" withText />
        </Group>
        {children}
        <Group justify="flex-end">
          <Button onClick={close}>I have kept it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
