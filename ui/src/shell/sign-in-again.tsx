// A session that ended in the middle of something: the page stays as it is
// behind a dialog, and the calls that were refused go on after the sign-in.
import { Anchor, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { onSignedOut, send } from '@/api/client';
import { leaveSession, sessionKey, useSession } from '@/api/session';
import type { Session } from '@/api/types/session';
import { SignInForm } from '@/pages/sign-in/form';
import { useEscape } from '@/parts/escape';

export function SignInAgain() {
  const client = useQueryClient();
  const { member } = useSession();
  const [asked, ask] = useState(false);
  const waiting = useRef<{ promise: Promise<boolean>; answer: (again: boolean) => void } | null>(null);
  useEscape(asked, () => undefined);

  useEffect(() => {
    onSignedOut(() => {
      if (waiting.current === null) {
        let answer: (again: boolean) => void = () => undefined;
        const promise = new Promise<boolean>((resolve) => (answer = resolve));
        waiting.current = { promise, answer };
        ask(true);
      }
      return waiting.current.promise;
    });
    return () => onSignedOut(() => Promise.resolve(false));
  }, []);

  const answer = (again: boolean) => {
    waiting.current?.answer(again);
    waiting.current = null;
    ask(false);
  };
  const enter = (session: Session) => {
    // What waits belongs to the member who began it.
    if (session.member.id !== member.id) return window.location.assign('/admin/');
    client.setQueryData(sessionKey, session);
    answer(true);
  };

  // Signed in again in another tab.
  const latest = useRef(enter);
  useEffect(() => {
    latest.current = enter;
  });
  useEffect(() => {
    if (!asked) return;
    const look = () => {
      send<{ data: Session }>({ method: 'GET', path: '/admin/session' }, { quiet: true }).then(
        ({ data }) => latest.current(data),
        () => undefined,
      );
    };
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [asked]);

  return (
    <Modal opened={asked} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title="You were signed out" size="sm" zIndex={600} overlayProps={{ backgroundOpacity: 0.93, blur: 0 }}>
      {asked && <SignInForm again={member.email} done={enter} />}
      <Anchor
        component="button"
        type="button"
        size="sm"
        mt="md"
        mx="auto"
        display="block"
        onClick={() => {
          answer(false);
          leaveSession(client);
        }}
      >
        Leave, and sign in as somebody else
      </Anchor>
    </Modal>
  );
}
