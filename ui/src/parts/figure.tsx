import { Skeleton } from '@mantine/core';
import { IconArrowDownRight, IconArrowUpRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { count } from './values';
import classes from './figure.module.css';

interface Props {
  label: string;
  value: ReactNode;
  /** The number of the period, and of the one before it: the change is worked out. */
  now?: number;
  before?: number | null;
  /** More is worse (refunds). */
  inverse?: boolean;
  loading?: boolean;
}

/** A tile with a number and how it moved since the period before. */
export function Figure({ label, value, now, before, inverse, loading }: Props) {
  return (
    <div className={`card ${classes.tile}`}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>
        {loading ? <Skeleton h={26} w="60%" my={4} /> : value}
        {!loading && now !== undefined && before !== undefined && before !== null && <Change now={now} before={before} inverse={inverse ?? false} />}
      </dd>
    </div>
  );
}

function Change({ now, before, inverse }: { now: number; before: number; inverse: boolean }) {
  if (now === before) return <span className={classes.change}>as before</span>;
  const up = now > before;
  const Sign = up ? IconArrowUpRight : IconArrowDownRight;
  const percent = Math.abs(Math.round(((now - before) / Math.abs(before)) * 100));
  // Against next to nothing a percentage says nothing.
  const text = before === 0 ? 'new' : percent < 1000 ? `${percent}%` : `${count(Math.round(now / before))}×`;
  return (
    <span className={classes.change} data-good={up !== inverse}>
      <Sign size={14} aria-hidden />
      <span className="visually-hidden">{up ? 'up' : 'down'} </span>
      {text}
      <span className="visually-hidden"> against the period before</span>
    </span>
  );
}

/** Tiles side by side. */
export function Figures({ children }: { children: ReactNode }) {
  return <dl className={classes.grid}>{children}</dl>;
}
