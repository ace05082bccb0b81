import { ActionIcon, Button, CopyButton as Copy, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

interface Props {
  value: string;
  /** What is copied: "Copy the key". */
  label?: string;
  withText?: boolean;
}

/** Puts the value on the clipboard, and says so. */
export function CopyButton({ value, label = 'Copy', withText }: Props) {
  return (
    <Copy value={value} timeout={1500}>
      {({ copied, copy }) => {
        const icon = copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />;
        if (withText) {
          return (
            <Button size="compact-sm" variant="default" flex="none" leftSection={icon} onClick={copy} aria-label={label}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          );
        }
        return (
          <Tooltip label={copied ? 'Copied' : label}>
            <ActionIcon size="sm" color={copied ? 'pine' : 'gray'} onClick={copy} aria-label={copied ? 'Copied' : label}>
              {icon}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </Copy>
  );
}
