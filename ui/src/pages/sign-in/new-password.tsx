import { PasswordInput } from '@mantine/core';

/** The field of a password that is being chosen. */
export function NewPassword({ value, onChange, error, label = 'New password' }: { value: string; onChange: (v: string) => void; error?: string | undefined; label?: string }) {
  return (
    <PasswordInput
      label={label}
      description="At least 10 characters. A few words in a row are good."
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      autoComplete="new-password"
      minLength={10}
      required
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
    />
  );
}
