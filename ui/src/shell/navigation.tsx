import { Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { NavLink as Link, useLocation } from 'react-router';
import { useRead } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { Checklist } from '@/api/types/checklist';
import { groups } from './nav';
import classes from './navigation.module.css';

/** The places by groups. */
export function Navigation() {
  const admin = useIsAdmin();
  const { pathname } = useLocation();
  const nav = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a low screen the place may lie below the edge.
    nav.current?.querySelector('[data-on]')?.scrollIntoView({ block: 'nearest' });
  }, [pathname]);
  return (
    <div className={classes.nav} ref={nav}>
      {groups.map((group) => {
        const places = group.places.filter((p) => !p.hidden && (admin || !p.admin));
        if (places.length === 0) return null;
        const id = `nav-${group.label.toLowerCase()}`;
        return (
          <div key={group.label} className={classes.group}>
            <Text id={id} className={classes.label}>
              {group.label}
            </Text>
            <ul aria-labelledby={id} className={classes.list}>
              {places.map((p) => (
                <li key={p.to}>
                  <Link to={p.to} end={p.to === '/'} className={classes.link!} data-on={here(pathname, p.to) || undefined}>
                    <p.icon size={17} stroke={1.7} aria-hidden />
                    {p.label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </div>
  );
}

function here(pathname: string, to: string): boolean {
  return to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
}

/** The first steps, until all are done. */
export function ChecklistEntry() {
  const { data } = useRead<Checklist>('/checklist');
  if (!data?.items || data.items.length === 0) return null;
  const done = data.items.filter((i) => i.done).length;
  if (done === data.items.length) return null;
  return (
    <Link to="/#getting-started" className={classes.checklist!}>
      <span>
        Getting started
        <span className={classes.done}>
          {done} of {data.items.length}
        </span>
      </span>
      <progress className={classes.progress} value={done} max={data.items.length} aria-label="Steps done" />
    </Link>
  );
}
