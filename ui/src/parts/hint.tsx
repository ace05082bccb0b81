import { Tooltip } from '@mantine/core';
import { useState, type ReactNode } from 'react';

interface Props {
  label: string;
  children: ReactNode;
}

/** A tooltip for text in long lists: it costs nothing until it is pointed at. */
export function Hint({ label, children }: Props) {
  const [at, setAt] = useState<HTMLElement | null>(null);
  return (
    <span onPointerEnter={(e) => setAt(e.currentTarget)} onPointerLeave={() => setAt(null)}>
      {children}
      {at !== null && <Tooltip target={at} opened label={label} multiline maw={320} />}
    </span>
  );
}
