import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import type { SecretState } from '@/api/types/settings';

interface Props {
  label: string;
  description?: string;
  state: SecretState;
  /** Undefined: as it is; null: taken away; text: a new one. */
  value: string | null | undefined;
  onChange: (v: string | null | undefined) => void;
  error?: string | undefined;
}

/** A secret that can be written and taken away, and is never read. */
export function SecretField({ label, description, state, value, onChange, error }: Props) {
  const [changing, setChanging] = useState(false);
  const writing = changing || (!state.set && value !== null);
  if (writing) {
    return (
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <PasswordInput
          flex={1}
          label={label}
          description={description}
          placeholder={state.set ? 'The new secret' : 'Not set'}
          value={value ?? ''}
          onChange={(e) => onChange(e.currentTarget.value === '' ? undefined : e.currentTarget.value)}
          autoComplete="off"
          error={error}
          visibilityToggleButtonProps={{ 'aria-label': `Show what is typed for ${label}` }}
        />
        {changing && (
          <Button
            variant="default"
            onClick={() => {
              setChanging(false);
              onChange(undefined);
            }}
          >
            Keep the old one
          </Button>
        )}
      </Group>
    );
  }
  return (
    <div>
      <Text size="sm" fw={560}>
        {label}
      </Text>
      {description !== undefined && (
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      )}
      <Group gap="xs" mt={6}>
        <Text size="sm" className="mono" c={value === null ? 'dimmed' : undefined}>
          {value === null ? 'is taken away when you save' : `•••••••• ${state.last4 ?? ''}`}
        </Text>
        {value === null ? (
          <Button size="compact-sm" variant="default" onClick={() => onChange(undefined)}>
            Keep it
          </Button>
        ) : (
          <>
            <Button size="compact-sm" variant="default" onClick={() => setChanging(true)} aria-label={`Replace ${label}`}>
              Replace
            </Button>
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => onChange(null)} aria-label={`Take ${label} away`}>
              Take away
            </Button>
          </>
        )}
      </Group>
    </div>
  );
}
