import { PasswordInput } from '@mantine/core';

/** Asked again before what an unattended browser should not allow. */
export function CurrentPassword({ value, onChange, error }: { value: string; onChange: (v: string) => void; error?: string | undefined }) {
  return (
    <PasswordInput
      label="Your password"
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      autoComplete="current-password"
      required
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
    />
  );
}
