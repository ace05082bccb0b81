import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import type { SecretState } from '@/api/types/settings';
import { CopyButton } from './copy-button';

interface Props {
  label: string;
  description?: string;
  state: SecretState;
  /** Undefined: as it is; null: taken away; text: a new one. */
  value: string | null | undefined;
  onChange: (v: string | null | undefined) => void;
  error?: string | undefined;
  /** Either side may choose it: offers to make one. */
  makes?: boolean | undefined;
}

/** 32 letters and digits, 190 random bits. */
export function newSecret(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let out = '';
  while (out.length < 32) {
    for (const b of crypto.getRandomValues(new Uint8Array(64))) {
      if (b < 248 && out.length < 32) out += letters.charAt(b % 62); // 248 = 4 × 62: no letter is likelier
    }
  }
  return out;
}

/** A secret that can be written and taken away, and is never read. */
export function SecretField({ label, description, state, value, onChange, error, makes }: Props) {
  const [changing, setChanging] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const make = () => {
    const secret = newSecret();
    setMade(secret);
    onChange(secret);
  };
  if (made !== null && value === made) {
    return (
      <div>
        <Text size="sm" fw={560}>
          {label}
        </Text>
        <Text size="xs" c="dimmed">
          Made for you. Copy it to the other side now: once it is saved it is never shown again.
        </Text>
        <Group gap="xs" mt={6}>
          <Text size="sm" className="mono" style={{ overflowWrap: 'anywhere' }} data-testid="made-secret">
            {made}
          </Text>
          <CopyButton value={made} label={`Copy ${label}`} withText />
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setMade(null);
              onChange(undefined);
            }}
          >
            Not this one
          </Button>
        </Group>
      </div>
    );
  }
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
        {makes && (
          <Button variant="default" onClick={make} aria-label={`Make a secret for ${label}`}>
            Make one
          </Button>
        )}
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
            {makes && (
              <Button size="compact-sm" variant="default" onClick={make} aria-label={`Make ${label} anew`}>
                Make a new one
              </Button>
            )}
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => onChange(null)} aria-label={`Take ${label} away`}>
              Take away
            </Button>
          </>
        )}
      </Group>
    </div>
  );
}
