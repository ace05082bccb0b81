import { Button } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useShop } from '@/api/session';
import { EmptyState, PageHeader } from '@/parts';

/** In place of a page that is for owners and admins. */
export function NotForMembers() {
  const shop = useShop();
  return (
    <>
      <PageHeader title="Not for your role" />
      <div className="card">
        <EmptyState icon={IconLock} title="Owners and admins see this page" action={<Button component={Link} to="/" variant="default">Go to Today</Button>}>
          You are a member of {shop.name}. Ask an owner or an admin to do it, or to change your role.
        </EmptyState>
      </div>
    </>
  );
}
